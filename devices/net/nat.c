/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * libslirp as a GSource of the machine's I/O thread.
 *
 * Before each sleep libslirp says which sockets it waits for. They stay added
 * to the source from one time to the next, because every change wakes the
 * thread. While the machine stands still libslirp is left alone: sockets fill
 * up, the far ends wait, and no timer of a connection moves on. It is never
 * called on a vCPU's thread.
 */
#include "devices/net/nat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <pthread.h>
#include <signal.h>
#include <slirp/libslirp.h>
#include <string.h>

#include "engine/base/error.h"

#define CONFIG_VERSION 1
#define NETWORK        "10.0.2.0"
#define NETMASK        "255.255.255.0"
#define GATEWAY        "10.0.2.2"
#define NAME_SERVER    "10.0.2.3"
#define FIRST_LEASE    "10.0.2.15"
#define PREFIX6        "fec0::"
#define PREFIX6_BITS   64
/* libslirp's bounds, the lower one of IPv6. */
#define MIN_MTU      1280u
#define MAX_MTU      65521u
#define STALE_US     (100 * G_TIME_SPAN_MILLISECOND)
#define NEVER        G_MAXINT64
#define GATEWAY6     "fec0::2"
#define NAME_SERVER6 "fec0::3"

/* A socket that libslirp waits for. */
typedef struct {
  int          fd; /* -1: not in use */
  GIOCondition events;
  gpointer     tag;
  gboolean     wanted; /* in this turn */
} Watch;

typedef struct {
  GSource source;
  MosNat *nat;
} NatSource;

struct MosNat {
  MosNetPort *port;
  GMutex     *lock; /* around libslirp */
  Slirp      *slirp;
  GSource    *source;
  GArray     *watches;   /* of Watch; I/O thread */
  guint       next;      /* where the next socket is expected */
  gint64      due_us;    /* of libslirp's timers; I/O thread */
  gint64      polled_us; /* likewise */
  gboolean    was_held;
  gboolean    signal_blocked;
};

/* A timer of libslirp's. */
typedef struct {
  MosNat      *nat;
  SlirpTimerCb func;
  gpointer     data;
  GSource     *source;
} NatTimer;

/* -- what libslirp asks -------------------------------------------------- */

static ssize_t
send_packet (const void *frame, size_t size, void *opaque)
{
  MosNat *self = opaque;

  mos_net_port_to_device (self->port, frame, size, MOS_NET_CHECKSUMMED);
  return (ssize_t) size;
}

/* The guest's mistakes are nobody's business. */
static void
guest_error (const char *text, void *opaque)
{
}

/* The same for all machines, since libslirp keeps the time in one place. */
static int64_t
clock_ns (void *opaque)
{
  return g_get_monotonic_time () * 1000;
}

static gboolean
timer_cb (gpointer user_data)
{
  NatTimer *timer = user_data;

  g_source_set_ready_time (timer->source, -1);
  g_mutex_lock (timer->nat->lock);
  timer->func (timer->data);
  g_mutex_unlock (timer->nat->lock);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_timer (GSource *source, GSourceFunc func, gpointer user_data)
{
  return func (user_data);
}

static const GSourceFuncs timer_funcs = { .dispatch = dispatch_timer };

static void *
timer_new (SlirpTimerCb func, void *data, void *opaque)
{
  MosNat   *self = opaque;
  NatTimer *timer = g_new0 (NatTimer, 1);

  timer->nat = self;
  timer->func = func;
  timer->data = data;
  timer->source =
      g_source_new ((GSourceFuncs *) &timer_funcs, sizeof (GSource));
  g_source_set_callback (timer->source, timer_cb, timer, NULL);
  g_source_attach (timer->source, g_source_get_context (self->source));
  return timer;
}

static void
timer_free (void *data, void *opaque)
{
  NatTimer *timer = data;

  g_source_destroy (timer->source);
  g_source_unref (timer->source);
  g_free (timer);
}

static void
timer_mod (void *data, int64_t expire_ms, void *opaque)
{
  g_source_set_ready_time (((NatTimer *) data)->source, expire_ms * 1000);
}

/* Sockets are told before each sleep. */
static void
ignore_fd (int fd, void *opaque)
{
}

static void
notify (void *opaque)
{
  MosNat *self = opaque;

  g_main_context_wakeup (g_source_get_context (self->source));
}

static const SlirpCb callbacks = {
  .send_packet = send_packet,
  .guest_error = guest_error,
  .clock_get_ns = clock_ns,
  .timer_new = timer_new,
  .timer_free = timer_free,
  .timer_mod = timer_mod,
  .register_poll_fd = ignore_fd,
  .unregister_poll_fd = ignore_fd,
  .notify = notify,
};

/* -- sockets ------------------------------------------------------------- */

static const struct {
  int          slirp;
  GIOCondition glib;
} events_map[] = {
  { SLIRP_POLL_IN, G_IO_IN },   { SLIRP_POLL_OUT, G_IO_OUT },
  { SLIRP_POLL_PRI, G_IO_PRI }, { SLIRP_POLL_ERR, G_IO_ERR },
  { SLIRP_POLL_HUP, G_IO_HUP },
};

static GIOCondition
to_glib (int events)
{
  GIOCondition condition = 0;

  for (guint i = 0; i < G_N_ELEMENTS (events_map); i++)
    if ((events & events_map[i].slirp) != 0)
      condition |= events_map[i].glib;
  return condition;
}

static int
to_slirp (GIOCondition condition)
{
  int events = 0;

  for (guint i = 0; i < G_N_ELEMENTS (events_map); i++)
    if ((condition & events_map[i].glib) != 0)
      events |= events_map[i].slirp;
  return events;
}

static Watch *
watch_at (MosNat *self, guint index)
{
  return &g_array_index (self->watches, Watch, index);
}

/* The watch of @fd, or one to be used for it. Sockets mostly come in the order
 * they came before. */
static guint
find_watch (MosNat *self, int fd)
{
  guint found = self->watches->len;

  for (guint i = 0; i < self->watches->len; i++) {
    guint        index = (self->next + i) % self->watches->len;
    const Watch *watch = watch_at (self, index);

    if (watch->fd == fd && !watch->wanted)
      return index;
    if (watch->fd < 0)
      found = index;
  }
  if (found == self->watches->len) {
    Watch watch = { .fd = -1 };

    g_array_append_val (self->watches, watch);
  }
  return found;
}

static int
add_poll (int fd, int slirp_events, void *opaque)
{
  MosNat      *self = opaque;
  GIOCondition events = to_glib (slirp_events);
  guint        index = find_watch (self, fd);
  Watch       *watch = watch_at (self, index);

  if (watch->fd < 0)
    watch->tag = g_source_add_unix_fd (self->source, fd, events);
  else if (watch->events != events)
    g_source_modify_unix_fd (self->source, watch->tag, events);
  watch->fd = fd;
  watch->events = events;
  watch->wanted = TRUE;
  self->next = index + 1;
  return (int) index;
}

static int
get_revents (int index, void *opaque)
{
  MosNat *self = opaque;

  if (index < 0 || (guint) index >= self->watches->len ||
      watch_at (self, (guint) index)->fd < 0)
    return 0;
  return to_slirp (g_source_query_unix_fd (
      self->source, watch_at (self, (guint) index)->tag));
}

/* libslirp goes by the indexes it got, so those of this turn do not move. */
static void
drop_unwanted (MosNat *self)
{
  guint used = 0;

  for (guint i = 0; i < self->watches->len; i++) {
    Watch *watch = watch_at (self, i);

    if (watch->wanted) {
      used = i + 1;
    } else if (watch->fd >= 0) {
      g_source_remove_unix_fd (self->source, watch->tag);
      *watch = (Watch){ .fd = -1 };
    }
  }
  g_array_set_size (self->watches, used);
}

static void
drop_all (MosNat *self)
{
  for (guint i = 0; i < self->watches->len; i++)
    watch_at (self, i)->wanted = FALSE;
  drop_unwanted (self);
}

/* -- the source ---------------------------------------------------------- */

static gboolean
nat_prepare (GSource *source, int *timeout_ms)
{
  MosNat  *self = ((NatSource *) source)->nat;
  uint32_t wait_ms = G_MAXINT;

  *timeout_ms = -1;
  self->due_us = NEVER;
  self->was_held = mos_net_port_is_held (self->port);
  if (self->was_held) {
    drop_all (self);
    return FALSE;
  }
  for (guint i = 0; i < self->watches->len; i++)
    watch_at (self, i)->wanted = FALSE;
  self->next = 0;
  g_mutex_lock (self->lock);
  slirp_pollfds_fill (self->slirp, &wait_ms, add_poll, self);
  g_mutex_unlock (self->lock);
  drop_unwanted (self);
  if (wait_ms < G_MAXINT) {
    *timeout_ms = (int) wait_ms;
    self->due_us = g_get_monotonic_time () + (gint64) wait_ms * 1000;
  }
  return FALSE;
}

static gboolean
nat_check (GSource *source)
{
  MosNat *self = ((NatSource *) source)->nat;

  if (self->was_held)
    return FALSE;
  for (guint i = 0; i < self->watches->len; i++)
    if (watch_at (self, i)->fd >= 0 &&
        g_source_query_unix_fd (source, watch_at (self, i)->tag) != 0)
      return TRUE;
  return self->due_us != NEVER && g_get_monotonic_time () >= self->due_us;
}

/* A connection that broke is an error of its socket, not the program's end. */
static void
block_pipe_signal (MosNat *self)
{
  sigset_t set;

  if (self->signal_blocked)
    return;
  sigemptyset (&set);
  sigaddset (&set, SIGPIPE);
  pthread_sigmask (SIG_BLOCK, &set, NULL);
  self->signal_blocked = TRUE;
}

/* Runs timers and, unless only the time is to be told, sockets. */
static void
poll_slirp (MosNat *self, gboolean only_time)
{
  block_pipe_signal (self);
  g_mutex_lock (self->lock);
  slirp_pollfds_poll (self->slirp, only_time, get_revents, self);
  g_mutex_unlock (self->lock);
  self->polled_us = g_get_monotonic_time ();
}

static gboolean
nat_dispatch (GSource *source, GSourceFunc func, gpointer user_data)
{
  MosNat *self = ((NatSource *) source)->nat;

  if (!self->was_held)
    poll_slirp (self, FALSE);
  return G_SOURCE_CONTINUE;
}

static const GSourceFuncs nat_source_funcs = {
  .prepare = nat_prepare,
  .check = nat_check,
  .dispatch = nat_dispatch,
};

/* What expires is reckoned from when libslirp last looked at the clock. */
static void
peer_receive (gpointer peer, const guint8 *frame, gsize size, MosNetFlags flags)
{
  MosNat *self = peer;

  if (g_get_monotonic_time () - self->polled_us > STALE_US)
    poll_slirp (self, TRUE);
  g_mutex_lock (self->lock);
  slirp_input (self->slirp, frame, (int) size);
  g_mutex_unlock (self->lock);
}

/* -- making -------------------------------------------------------------- */

static struct in_addr
address (const char *text)
{
  struct in_addr value = { 0 };

  inet_pton (AF_INET, text, &value);
  return value;
}

static struct in6_addr
address6 (const char *text)
{
  struct in6_addr value = { 0 };

  inet_pton (AF_INET6, text, &value);
  return value;
}

static socklen_t
fill_address (struct sockaddr_storage *storage, const char *text, guint port)
{
  struct sockaddr_in  *v4 = (struct sockaddr_in *) storage;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) storage;

  memset (storage, 0, sizeof *storage);
  if (inet_pton (AF_INET6, text, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons ((guint16) port);
    return sizeof *v6;
  }
  memset (storage, 0, sizeof *storage);
  v4->sin_family = AF_INET;
  v4->sin_port = htons ((guint16) port);
  inet_pton (AF_INET, text, &v4->sin_addr);
  return sizeof *v4;
}

static gboolean
add_forward (MosNat *self, const MosForward *forward, GError **error)
{
  struct sockaddr_storage host, guest;
  socklen_t               host_bytes =
      fill_address (&host, forward->host, forward->host_port);
  socklen_t guest_bytes = fill_address (
      &guest, *forward->guest != '\0' ? forward->guest : FIRST_LEASE,
      forward->guest_port);
  int flags = forward->udp ? SLIRP_HOSTFWD_UDP : 0;

  if (host.ss_family == AF_INET6)
    flags |= SLIRP_HOSTFWD_V6ONLY;
  errno = 0;
  if (slirp_add_hostxfwd (self->slirp, (struct sockaddr *) &host, host_bytes,
                          (struct sockaddr *) &guest, guest_bytes, flags) == 0)
    return TRUE;
  g_set_error (error, MOS_ERROR,
               errno == EADDRINUSE ? MOS_ERROR_IN_USE : MOS_ERROR_IO,
               _ ("port %u (%s) of %s cannot be forwarded: %s; choose another "
                  "port of this host"),
               forward->host_port, forward->udp ? "UDP" : "TCP", forward->host,
               g_strerror (errno));
  return FALSE;
}

static Slirp *
make_slirp (MosNat *self, const MosNetWish *wish)
{
  SlirpConfig config = {
    .version = CONFIG_VERSION,
    .restricted = wish->restricted,
    .in_enabled = true,
    .vnetwork = address (NETWORK),
    .vnetmask = address (NETMASK),
    .vhost = address (GATEWAY),
    .in6_enabled = true,
    .vprefix_addr6 = address6 (PREFIX6),
    .vprefix_len = PREFIX6_BITS,
    .vhost6 = address6 (GATEWAY6),
    .vdhcp_start = address (FIRST_LEASE),
    .vnameserver = address (NAME_SERVER),
    .vnameserver6 = address6 (NAME_SERVER6),
    .if_mtu = CLAMP (wish->mtu, MIN_MTU, MAX_MTU),
    .if_mru = CLAMP (wish->mtu, MIN_MTU, MAX_MTU),
  };

  return slirp_new (&config, &callbacks, self);
}

static gboolean
make_all (MosNat *self, const MosNetWish *wish, GError **error)
{
  self->slirp = make_slirp (self, wish);
  if (self->slirp == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
                 _ ("the NAT network cannot be set up"));
    return FALSE;
  }
  for (guint i = 0; i < wish->n_forwards; i++)
    if (!add_forward (self, &wish->forwards[i], error))
      return FALSE;
  return TRUE;
}

MosNat *
mos_nat_new (const MosNetWish *wish,
             MosNetPort       *port,
             GMainContext     *io_context,
             GMutex           *lock,
             GError          **error)
{
  MosNat  *self = g_new0 (MosNat, 1);
  gboolean ok;

  self->port = mos_net_port_ref (port);
  self->lock = lock;
  self->watches = g_array_new (FALSE, TRUE, sizeof (Watch));
  self->source =
      g_source_new ((GSourceFuncs *) &nat_source_funcs, sizeof (NatSource));
  ((NatSource *) self->source)->nat = self;
  g_source_set_static_name (self->source, "NAT");
  g_source_attach (self->source, io_context);

  g_mutex_lock (lock);
  ok = make_all (self, wish, error);
  g_mutex_unlock (lock);
  if (!ok) {
    mos_nat_free (self);
    return NULL;
  }
  mos_net_port_set_peer (port, peer_receive, self);
  return self;
}

void
mos_nat_free (MosNat *self)
{
  if (self == NULL)
    return;
  mos_net_port_set_peer (self->port, NULL, NULL);
  g_source_destroy (self->source);
  if (self->slirp != NULL) {
    g_mutex_lock (self->lock);
    slirp_cleanup (self->slirp);
    g_mutex_unlock (self->lock);
  }
  g_source_unref (self->source);
  g_array_unref (self->watches);
  mos_net_port_unref (self->port);
  g_free (self);
}
