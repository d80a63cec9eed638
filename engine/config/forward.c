/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Reading a forwarded port. Nothing is looked up: addresses are numbers.
 */
#include "engine/config/forward.h"

#include <arpa/inet.h>
#include <string.h>

#define LOOPBACK "127.0.0.1"

/* Takes "1.2.3.4:" or, with @may_be_v6, "[::1]:" off the front of *TEXT. */
static gboolean
take_address (const char **text, gboolean may_be_v6, char *address)
{
  struct in6_addr  parsed;
  gboolean         v6 = **text == '[';
  const char      *start = *text + v6;
  const char      *end = v6 ? strstr (start, "]:") : strchr (start, ':');
  g_autofree char *part = NULL;

  if (end == NULL || (v6 && !may_be_v6) ||
      end - start >= MOS_FORWARD_ADDRESS_BYTES)
    return FALSE;
  part = g_strndup (start, (gsize) (end - start));
  if (inet_pton (v6 ? AF_INET6 : AF_INET, part, &parsed) != 1)
    return FALSE;
  g_strlcpy (address, part, MOS_FORWARD_ADDRESS_BYTES);
  *text = end + 1 + v6;
  return TRUE;
}

/* Takes a port off the front of *TEXT, which goes on with @end. */
static gboolean
take_port (const char **text, char end, guint16 *port)
{
  char   *rest;
  guint64 value;

  if (!g_ascii_isdigit (**text))
    return FALSE;
  value = g_ascii_strtoull (*text, &rest, 10);
  if (value == 0 || value > G_MAXUINT16 || *rest != end)
    return FALSE;
  *port = (guint16) value;
  *text = rest + (end != '\0');
  return TRUE;
}

gboolean
mos_forward_parse (const char *text, MosForward *forward)
{
  *forward = (MosForward){ .host = LOOPBACK };
  forward->udp = g_str_has_prefix (text, "udp:");
  if (!forward->udp && !g_str_has_prefix (text, "tcp:"))
    return FALSE;
  text += strlen ("tcp:");
  take_address (&text, TRUE, forward->host);
  if (!take_port (&text, ':', &forward->host_port))
    return FALSE;
  take_address (&text, FALSE, forward->guest);
  return take_port (&text, '\0', &forward->guest_port);
}
