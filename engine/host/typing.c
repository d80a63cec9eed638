/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Text as strokes on a US keyboard.
 *
 * A character takes up to four key events. One is typed every STROKE_MS when
 * the keyboard has room for all of it, so that a slow guest's own buffer (a PC
 * BIOS keeps 15 keys) is not overrun and nothing is lost while the guest does
 * not read at all. Texts are typed one after the other.
 *
 * The strokes are sent by a source on the caller's context; the source owns
 * its job, so a context that goes away takes its unfinished texts with it.
 */

#include "engine/host/typing.h"

#include <linux/input-event-codes.h>
#include <string.h>

#define STROKE_MS 20
#define ROOM      4 /* events of one character: Shift, key, and up again */
#define CONTROL_A '\001'
#define CONTROL_Z '\032'

struct MosTyping {
  GMutex lock;
  GQueue jobs; /* of Job, not owned; the head types */
};

typedef struct {
  MosTyping    *typing;
  MosInputPort *port;
  char         *text;
  gsize         next;
  guint         skipped;
  MosTypedFunc  done;
  gpointer      user_data;
} Job;

/* Each row of a US keyboard from left to right: as it is, and with Shift. */
static const struct {
  guint8      first; /* key codes count up along a row */
  const char *plain;
  const char *shifted;
} rows[] = {
  { KEY_1, "1234567890-=", "!@#$%^&*()_+" },
  { KEY_Q, "qwertyuiop[]", "QWERTYUIOP{}" },
  { KEY_A, "asdfghjkl;'`", "ASDFGHJKL:\"~" },
  { KEY_BACKSLASH, "\\zxcvbnm,./", "|ZXCVBNM<>?" },
  { KEY_SPACE, " ", "" },
  { KEY_ENTER, "\n", "" },
  { KEY_ENTER, "\r", "" },
  { KEY_TAB, "\t", "" },
  { KEY_BACKSPACE, "\b", "" },
  { KEY_ESC, "\033", "" },
};

guint
mos_typing_key (char character, guint *held)
{
  for (guint i = 0; character != '\0' && i < G_N_ELEMENTS (rows); i++) {
    const char *plain = strchr (rows[i].plain, character);
    const char *shifted = strchr (rows[i].shifted, character);

    *held = plain != NULL ? 0 : KEY_LEFTSHIFT;
    if (plain != NULL)
      return rows[i].first + (guint) (plain - rows[i].plain);
    if (shifted != NULL)
      return rows[i].first + (guint) (shifted - rows[i].shifted);
  }
  if (character >= CONTROL_A && character <= CONTROL_Z) {
    guint key = mos_typing_key ((char) (character - CONTROL_A + 'a'), held);

    *held = KEY_LEFTCTRL;
    return key;
  }
  *held = 0;
  return 0;
}

static gboolean
is_head (Job *job)
{
  gboolean head;

  g_mutex_lock (&job->typing->lock);
  head = g_queue_peek_head (&job->typing->jobs) == job;
  g_mutex_unlock (&job->typing->lock);
  return head;
}

/* Takes the next character; FALSE at the end of the text. */
static gboolean
type_one (Job *job)
{
  guint held = 0;
  guint key = 0;

  while (job->text[job->next] != '\0' && key == 0) {
    key = mos_typing_key (job->text[job->next++], &held);
    job->skipped += key == 0;
  }
  if (key == 0)
    return FALSE;
  if (held != 0)
    mos_input_port_key (job->port, held, TRUE);
  mos_input_port_key (job->port, key, TRUE);
  mos_input_port_key (job->port, key, FALSE);
  if (held != 0)
    mos_input_port_key (job->port, held, FALSE);
  return TRUE;
}

static gboolean
tick_cb (gpointer data)
{
  Job *job = data;

  if (!is_head (job))
    return G_SOURCE_CONTINUE;
  /* Of a machine that the last key switched off, too, the text is typed. */
  if (job->text[job->next] != '\0' &&
      (mos_input_port_key_room (job->port) < ROOM || type_one (job)))
    return G_SOURCE_CONTINUE;
  if (job->done != NULL)
    job->done (job->user_data, job->skipped);
  return G_SOURCE_REMOVE;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_mutex_lock (&job->typing->lock);
  g_queue_remove (&job->typing->jobs, job);
  g_mutex_unlock (&job->typing->lock);
  mos_input_port_unref (job->port);
  g_free (job->text);
  g_free (job);
}

MosTyping *
mos_typing_new (void)
{
  MosTyping *self = g_new0 (MosTyping, 1);

  g_mutex_init (&self->lock);
  g_queue_init (&self->jobs);
  return self;
}

void
mos_typing_free (MosTyping *self)
{
  if (self == NULL)
    return;
  g_queue_clear (&self->jobs);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
mos_typing_start (MosTyping    *self,
                  MosInputPort *port,
                  GMainContext *context,
                  const char   *text,
                  MosTypedFunc  done,
                  gpointer      user_data)
{
  GSource *source = g_timeout_source_new (STROKE_MS);
  Job     *job = g_new0 (Job, 1);

  job->typing = self;
  job->port = mos_input_port_ref (port);
  job->text = g_strdup (text);
  job->done = done;
  job->user_data = user_data;
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->jobs, job);
  g_mutex_unlock (&self->lock);

  g_source_set_callback (source, tick_cb, job, job_free);
  g_source_attach (source, context);
  g_source_unref (source);
}
