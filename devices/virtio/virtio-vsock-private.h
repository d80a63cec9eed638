/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The insides of virtio-vsock: virtio-vsock.c moves packets between rings and
 * streams, virtio-vsock-stream.c has a stream's socket.
 *
 * All of it runs with the device's lock held.
 */
#pragma once

#include "devices/virtio/virtio-vsock.h"
#include "devices/virtio/virtio.h"

G_BEGIN_DECLS

#define MOS_VSOCK_HEADER_BYTES 44u
#define MOS_VSOCK_HOST_CID     2u
#define MOS_VSOCK_BUFFER_BYTES                  \
  (256u << 10) /* of a stream, towards the host \
                */
#define MOS_VSOCK_MAX_STREAMS  128u
#define MOS_VSOCK_MAX_REFUSALS 64u

typedef struct MosVirtioVsock MosVirtioVsock;
typedef struct MosVsockStream MosVsockStream;

/* Operations of packets. */
enum {
  MOS_VSOCK_REQUEST = 1,
  MOS_VSOCK_RESPONSE = 2,
  MOS_VSOCK_RST = 3,
  MOS_VSOCK_SHUTDOWN = 4,
  MOS_VSOCK_RW = 5,
  MOS_VSOCK_CREDIT_UPDATE = 6,
  MOS_VSOCK_CREDIT_REQUEST = 7
};

/* Flags of a shutdown: what its sender will not do any more. */
enum {
  MOS_VSOCK_NO_RECEIVE = 1u << 0,
  MOS_VSOCK_NO_SEND = 1u << 1,
  MOS_VSOCK_NEITHER = 3
};

typedef enum {
  MOS_VSOCK_GREETING,   /* the host's program has not said which port */
  MOS_VSOCK_CONNECTING, /* the guest has not answered */
  MOS_VSOCK_OPEN,
  MOS_VSOCK_DEAD /* the guest is to be told, and then it is gone */
} MosVsockState;

struct MosVsockStream {
  gatomicrefcount refs; /* the device's and its sources' */
  MosVirtioVsock *device;
  MosVsockState   state;
  int             fd; /* -1: closed */
  guint32         host_port, guest_port;
  guint           waiting; /* 1 << operation, of packets to the guest */

  char  line[24]; /* of a greeting */
  guint line_bytes;

  /* From the guest. */
  GByteArray *out;         /* that the socket has not taken */
  guint32     received;    /* bytes, wrapping, as the three that follow */
  guint32     taken;       /* by the socket */
  guint32     told;        /* taken, as the guest knows it */
  guint       guest_ended; /* flags of its shutdowns */
  /* To the guest. */
  guint32  sent;
  guint32  guest_taken, guest_room; /* as it told us */
  gboolean host_ended;

  GSource     *input, *output;
  GIOCondition input_events;
};

struct MosVirtioVsock {
  MosVirtio  virtio;
  guint64    cid;
  char      *path;
  int        listening; /* -1: not */
  GSource   *accept;
  GPtrArray *streams; /* of MosVsockStream */
  guint32    next_port;
  gboolean   starved;       /* the driver has no buffers for packets */
  gboolean   reset_waiting; /* streams were lost with the saved state */
  MosTimer   go_on;         /* the machine runs again, or there is more */
  /* Answers that wait: the guest's port, the other port and its context. */
  guint32 refusals[MOS_VSOCK_MAX_REFUSALS][3];
  guint   n_refusals;
  guint64 opened, refused, to_guest, from_guest;
};

/* -- virtio-vsock.c ------------------------------------------------------ */

/* Sends what waits, as far as there are buffers. */
void mos_vsock_flush (MosVirtioVsock *self);
/* Reads from @stream's socket into the guest, as far as both can go on. */
void mos_vsock_pump (MosVsockStream *stream);

/* -- virtio-vsock-stream.c ----------------------------------------------- */

/* Takes @fd; NULL if there are too many. */
MosVsockStream *mos_vsock_stream_new (MosVirtioVsock *device, int fd);
void            mos_vsock_stream_unref (gpointer self);
/* Takes it from the list, whose reference is dropped; the guest is not told. */
void mos_vsock_stream_remove (MosVsockStream *self);
/* Ends it for both sides. */
void mos_vsock_stream_break (MosVsockStream *self);
/* The guest has accepted. */
void mos_vsock_stream_opened (MosVsockStream *self);
/* Bytes from the guest; FALSE if it may not send so many. */
gboolean mos_vsock_stream_write (MosVsockStream            *self,
                                 const MosVirtqueueElement *element,
                                 guint32                    size);
/* The guest has sent a shutdown, or its last bytes have been written. */
void mos_vsock_stream_ended (MosVsockStream *self);
/* How many bytes the guest can take. */
guint32 mos_vsock_stream_credit (const MosVsockStream *self);
/* Waits for what can be gone on with now. */
void mos_vsock_stream_watch (MosVsockStream *self);
/* Whether a caller of the host waits; I/O thread. */
gboolean mos_vsock_accept_cb (int fd, GIOCondition events, gpointer device);

G_END_DECLS
