/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Sockets between a guest and programs of the host, without a network.
 *
 * On the host they are UNIX sockets. A program that connects to the path the
 * machine was given and writes a line “CONNECT PORT” is connected to who
 * listens at that port in the guest, and reads “OK” and a number first. A
 * guest that connects to port N of the host (context 2) reaches the program
 * that listens at the path with “_N” behind it.
 */
#pragma once

#include "devices/chipset/pci.h"

G_BEGIN_DECLS

#define MOS_VSOCK_FIRST_CID 3u /* lower ones are not guests */

extern const MosDeviceClass mos_virtio_vsock_class;

/* Takes slot @devfn; the bus owns the device. @cid: the guest's address.
 * Listens at @path, which is removed in the end. MOS_ERROR_IN_USE, _IO. */
MosDevice *mos_virtio_vsock_new (MosBus     *bus,
                                 MosPciBus  *pci,
                                 guint       devfn,
                                 const char *name,
                                 guint32     cid,
                                 const char *path,
                                 GError    **error);

G_END_DECLS
