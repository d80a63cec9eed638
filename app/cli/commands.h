/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The rows of the commands, each defined in the file of its name; cli.c puts
 * them into one list.
 */

#pragma once

#include "app/cli/command.h"

G_BEGIN_DECLS

extern const MosCliCommand mos_cli_bench_cpu;
extern const MosCliCommand mos_cli_bench_nested;
extern const MosCliCommand mos_cli_bench_kvm_exit;
extern const MosCliCommand mos_cli_bench_watch;
extern const MosCliCommand mos_cli_bench_exit;
extern const MosCliCommand mos_cli_completion;
extern const MosCliCommand mos_cli_config_check;
extern const MosCliCommand mos_cli_config_show;
extern const MosCliCommand mos_cli_config_schema;
extern const MosCliCommand mos_cli_disk_check;
extern const MosCliCommand mos_cli_disk_convert;
extern const MosCliCommand mos_cli_disk_create;
extern const MosCliCommand mos_cli_disk_info;
extern const MosCliCommand mos_cli_disk_resize;
extern const MosCliCommand mos_cli_guests;
extern const MosCliCommand mos_cli_host;
extern const MosCliCommand mos_cli_list;
extern const MosCliCommand mos_cli_pause;
extern const MosCliCommand mos_cli_reset;
extern const MosCliCommand mos_cli_resume;
extern const MosCliCommand mos_cli_report;
extern const MosCliCommand mos_cli_run;
extern const MosCliCommand mos_cli_screenshot;
extern const MosCliCommand mos_cli_start;
extern const MosCliCommand mos_cli_tree;
extern const MosCliCommand mos_cli_stop;
extern const MosCliCommand mos_cli_tutorial_class;
extern const MosCliCommand mos_cli_tutorial_export;
extern const MosCliCommand mos_cli_tutorial_grade;
extern const MosCliCommand mos_cli_tutorial_guide;
extern const MosCliCommand mos_cli_tutorial_install;
extern const MosCliCommand mos_cli_tutorial_lint;
extern const MosCliCommand mos_cli_tutorial_list;
extern const MosCliCommand mos_cli_tutorial_new;
extern const MosCliCommand mos_cli_tutorial_pack;
extern const MosCliCommand mos_cli_tutorial_run;
extern const MosCliCommand mos_cli_version;

G_END_DECLS
