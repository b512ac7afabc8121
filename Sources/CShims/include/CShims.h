/* SPDX-FileCopyrightText: 2026 passt contributors
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What Swift cannot say: macros, variadic calls, layouts that do not import, code between clone and exec.
 * No state, no policy, no allocation, no logging; a value or -errno out. One header for each subject. */
#pragma once
#include "shim_datagram.h"
#include "shim_namespace.h"
#include "shim_netlink.h"
#include "shim_process.h"
#include "shim_reactor.h"
#include "shim_ring.h"
#include "shim_seccomp.h"
#include "shim_socket.h"
#include "shim_splice.h"
#include "shim_stream.h"
#include "shim_system.h"
#include "shim_control.h"
#include "shim_unix.h"
#include "shim_vhost.h"
#include "shim_capture.h"
