/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The engine, whole: the one header that programs, tests and tutorials
 * include. Inside engine/ include the single headers instead. The two CPU
 * backends are not in here; who composes a hypervisor names them.
 */
#pragma once

#include "engine/base/error.h"
#include "engine/base/fields.h"
#include "engine/base/log.h"
#include "engine/base/trace.h"
#include "engine/base/version.h"
#include "engine/bus/board.h"
#include "engine/bus/bus.h"
#include "engine/bus/device.h"
#include "engine/config/forward.h"
#include "engine/config/schema.h"
#include "engine/config/toml.h"
#include "engine/config/vmconfig.h"
#include "engine/core/hypervisor.h"
#include "engine/core/nesting.h"
#include "engine/core/profiler.h"
#include "engine/core/stuck.h"
#include "engine/core/watch.h"
#include "engine/cpu/backend.h"
#include "engine/cpu/nested.h"
#include "engine/cpu/state.h"
#include "engine/cpu/x86/cpuid.h"
#include "engine/host/block.h"
#include "engine/host/char.h"
#include "engine/host/input.h"
#include "engine/host/net.h"
#include "engine/host/network.h"
#include "engine/host/panel.h"
#include "engine/host/screen.h"
#include "engine/lifecycle/inspect.h"
#include "engine/lifecycle/operation.h"
#include "engine/lifecycle/vm.h"
#include "engine/memory/map.h"
#include "engine/monitor/alert-log.h"
#include "engine/monitor/alert.h"
#include "engine/monitor/kallsyms.h"
#include "engine/monitor/metric.h"
#include "engine/monitor/profile.h"
#include "engine/monitor/recorder.h"
#include "engine/monitor/sampler.h"
#include "engine/monitor/store.h"
#include "engine/monitor/symbols.h"
#include "engine/nested/hierarchy.h"
#include "engine/nested/node.h"
#include "engine/nested/working-set.h"
