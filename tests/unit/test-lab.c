/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Labs: check expressions, their queries, scripts, and the file that holds
 * them.
 */

#include <glib.h>
#include <string.h>

#include "engine/engine.h"
#include "tutorials/lab.h"
#include "tutorials/registers.h"
#include "tutorials/session.h"
#include "tutorials/world.h"

/* A world of three names: n, text, gone. */
typedef struct {
  MosCheckWorld world;
  double        n;
  const char   *text;
} Fake;

static gboolean
fake_accept (const MosCheckWorld *self, MosCheckQuery *query, GError **error)
{
  static const char *names[] = { "n", "text", "gone" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (query->parts[0].name, names[i])) {
      query->row = i;
      return TRUE;
    }
  g_set_error (error, MOS_ERROR, MOS_ERROR_UNKNOWN_KEY, "no %s",
               query->parts[0].name);
  return FALSE;
}

static MosLabValue
fake_answer (const MosCheckWorld *self, const MosCheckQuery *query)
{
  const Fake *fake = (const Fake *) self;

  if (query->row == 0)
    return mos_lab_value_number (fake->n);
  if (query->row == 1)
    return mos_lab_value_text (g_strdup (fake->text));
  return (MosLabValue){ .type = MOS_LAB_NULL };
}

static Fake
fake_world (double n, const char *text)
{
  return (Fake){ { fake_accept, fake_answer }, n, text };
}

static void
assert_check (const char *source, gboolean expected)
{
  Fake fake = fake_world (7, "one\ntwo ready\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (MosCheck) check = mos_check_parse (source, &fake.world, 0, &error);
  g_autofree char *missing = NULL;

  g_assert_no_error (error);
  if (mos_check_evaluate (check, &fake.world, NULL, &missing) != expected)
    g_error ("%s is not %s", source, expected ? "true" : "false");
  g_assert_true (expected == (missing == NULL));
}

static void
test_truth (void)
{
  static const char *right[] = {
    "true",
    "!false",
    "n == 7",
    "n != 8 && n >= 7 && n <= 7 && n > 6.5 && n < 8",
    "n + 1 == 8 && n - 8 == -1 && n * 2 == 14 && n / 2 == 3.5 && n % 4 == 3",
    "n & 4 == 4", /* & binds as * does */
    "(1 << 63) == 0x8000000000000000 && 0xff >> 4 == 15",
    "0x7c00 == 31744 && 0b101 == 5 && 64K == 65536 && 1_000 == 1000",
    "18446744073709551615 == 0xffff_ffff_ffff_ffff",
    "18446744073709551615 != 18446744073709551614",
    "false || n == 7",
    "true || false && false", /* && binds closer */
    "text =~ \"^two r\\w+\"",
    "text != \"x\"",
    "gone == gone",
    "!(gone == 1) && !(gone != 1) && !(gone < 1) && !gone",
    "gone + 1 == gone",
    "-n == -7 && - - n == 7",
    "n / 0 == gone",
    "\"b\" > \"a\"",
    "delta(n) == 7",
  };
  static const char *wrong[] = {
    "false", "n == 8", "text =~ \"^ready\"", "gone", "n == \"7\"", "\"\"",
  };

  for (guint i = 0; i < G_N_ELEMENTS (right); i++)
    assert_check (right[i], TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_check (wrong[i], FALSE);
  assert_check ("n", TRUE);
}

static void
test_missing (void)
{
  static const struct {
    const char *source;
    const char *missing;
  } rows[] = {
    { "n == 8", "n: 7; it should be 8" },
    { "n == 0x8", "n: 0x7; it should be 0x8" },
    { "true && n > 9", "n: 7; it should be more than 9" },
    { "n == 8 || n == 9", "n: 7; it should be 8; or: n: 7; it should be 9" },
    { "!n || n == 9", "n: 7; it should be 9" },
    { "text == \"x\"", "text: “one”; it should be “x”" },
    { "gone == 1", "gone: not there; it should be 1" },
    { "!n", "n: should not be so, but still is" },
    { "text =~ \"t.o\"", "text: “t…o” is not there yet" },
    { "text =~ \"^a[^]x]+b\\.(c){2}\\d|z.*\"",
      "text: “a…b.c…” or “z” is not there yet" },
    { "!(text =~ \"o.e\")", "text: “o…e” is still there" },
    { "gone", "gone: not there" },
    { "delta(n) >= 10",
      "n since this step began: 7; it should be at least 10" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Fake fake = fake_world (7, "one");
    g_autoptr (MosCheck) check =
        mos_check_parse (rows[i].source, &fake.world, 0, NULL);
    g_autofree char *missing = NULL;

    g_assert_nonnull (check);
    g_assert_false (mos_check_evaluate (check, &fake.world, NULL, &missing));
    g_assert_cmpstr (missing, ==, rows[i].missing);
  }
}

/* What a learner reads names no query. */
static void
test_phrases (void)
{
  static const char *rows[][2] = {
    { "machine.exists", "The machine has not been created yet" },
    { "machine.state == \"running\"",
      "State of the machine: not there; it should be Running" },
    { "machine.count(\"reset\") >= 1",
      "How often this happened to the machine (Was reset): 0; it should be at "
      "least 1" },
    { "exits(\"io\", level=2) > 10",
      "Exits (io, level 2): not there; it should be more than 10" },
    { "delta(machine(\"wide\").instructions) >= 5",
      "Instructions executed (wide) since this step began: not there; it "
      "should be at least 5" },
    { "cpu.cr0.pg", "Field of a register (CR0, PG): not there" },
    { "memory(0x7dfe, 2) == 0xaa55",
      "Memory of the guest (0x7dfe, 2): not there; it should be 0xaa55" },
    { "cpu.mode == \"long\"",
      "Mode of the processor: not there; it should be long mode, 64 bits" },
    { "device(\"demo\").reg(\"CAUSE\").bit(0) == 1",
      "Bit of a device’s register (demo, CAUSE, 0): not there; it should be "
      "1" },
    { "serial =~ \"f[0-9a-f]+20 = cafe\"",
      "Serial port: “f…20 = cafe” is not there yet" },
    { "workspace.has(\"kernel.c\")",
      "A file is not in your folder yet (kernel.c)" },
    { "build.ok", "Your program has not been built without errors yet" },
  };
  MosLabWorld         *world = mos_lab_world_new (NULL);
  const MosCheckWorld *checks = mos_lab_world_get_checks (world);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MosCheck) check =
        mos_check_parse (rows[i][0], checks, 0, &error);
    g_autofree char *missing = NULL;

    g_assert_no_error (error);
    g_assert_false (mos_check_evaluate (check, checks, NULL, &missing));
    g_assert_cmpstr (missing, ==, rows[i][1]);
  }
  for (const MosLabQueryInfo *row = mos_lab_queries; row->pattern; row++)
    g_assert_nonnull (row->title);
  mos_lab_world_free (world);
}

static void
test_delta (void)
{
  Fake fake = fake_world (1000, "");
  g_autoptr (MosCheck) check = mos_check_parse (
      "delta(n) >= 5 && delta(n * 2) >= 10", &fake.world, 0, NULL);
  double baseline[2];

  g_assert_cmpuint (mos_check_n_deltas (check), ==, 2);
  mos_check_baseline (check, &fake.world, baseline);
  g_assert_cmpfloat (baseline[0], ==, 1000);
  g_assert_cmpfloat (baseline[1], ==, 2000);
  fake.n = 1004;
  g_assert_false (mos_check_evaluate (check, &fake.world, baseline, NULL));
  fake.n = 1005;
  g_assert_true (mos_check_evaluate (check, &fake.world, baseline, NULL));
  /* Started anew: counts from nothing. */
  fake.n = 5;
  g_assert_true (mos_check_evaluate (check, &fake.world, baseline, NULL));
}

static void
test_mistakes (void)
{
  static const struct {
    const char *source;
    const char *begins;
  } rows[] = {
    { "", "line 3, column 1: something is missing" },
    { "n ==", "line 3, column 5: something is missing" },
    { "n == 1 n", "line 3, column 8: an operator" },
    { "(n == 1", "line 3, column 8: “)”" },
    { "m == 1", "line 3, column 1: no m" },
    { "n =~ n", "line 3, column 6: a regular expression" },
    { "text =~ \"(\"", "line 3, column 9: “(” is not" },
    { "\"x", "line 3, column 3: the text has no closing" },
    { "\"\\q\"", "line 3, column 3: there is no such escape" },
    { "12x", "line 3, column 1: this is not a number" },
    { "99999999999999999999", "line 3, column 1: the number is larger" },
    { "n(n)", "line 3, column 4: an argument of n()" },
    { "n(1,2,3,4,5)", "line 3, column 11: n() has more" },
    { "n.1", "line 3, column 3: a name" },
    { "n\n== 1 )", "line 4," },
  };
  g_autoptr (GString) deep = g_string_new (NULL);
  g_autoptr (GString) wide = g_string_new ("n");
  g_autoptr (GString) dashes = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Fake fake = fake_world (7, "");
    g_autoptr (GError) error = NULL;

    g_assert_null (mos_check_parse (rows[i].source, &fake.world, 3, &error));
    if (!g_str_has_prefix (error->message, rows[i].begins))
      g_error ("%s: %s", rows[i].source, error->message);
  }
  for (guint i = 0; i < 1000; i++) {
    g_string_append_c (deep, '(');
    g_string_append_c (dashes, '-');
    g_string_append (wide, "+n");
  }
  {
    Fake fake = fake_world (7, "");

    g_assert_null (mos_check_parse (deep->str, &fake.world, 0, NULL));
    g_assert_null (mos_check_parse (dashes->str, &fake.world, 0, NULL));
    g_assert_null (mos_check_parse (wide->str, &fake.world, 0, NULL));
  }
}

/* A pattern that would match for ages ends, and does not match. */
static void
test_regex_limit (void)
{
  g_autofree char *text = g_strnfill (40, 'a');
  Fake             fake = fake_world (7, text);
  g_autoptr (MosCheck) check =
      mos_check_parse ("text =~ \"^(a+)+$|(a|aa)+b\"", &fake.world, 0, NULL);
  g_autoptr (MosCheck) evil = mos_check_parse (
      "text =~ \"(a|aa)+(a|aa)+(a|aa)+b\"", &fake.world, 0, NULL);

  g_assert_true (mos_check_evaluate (check, &fake.world, NULL, NULL));
  g_assert_false (mos_check_evaluate (evil, &fake.world, NULL, NULL));
}

/* Every query of the table can be asked as its pattern says. */
static void
test_queries (void)
{
  static const char *right[] = {
    "machine.exists",
    "machine(\"b\").state == \"running\"",
    "state == \"running\"",
    "exits() > 0 && exits(\"cpuid\") > 0",
    "cpu.cr0.pg && cpu(1).efer.lma && cpu.rip == 0x7c00",
    "cpu.mode == \"long\" && cpu.msr(0x10) > 0",
    "device(\"serial0\").reg(\"LCR\").bit(7)",
    "device(\"serial0\").reg(\"LCR\").field(\"DLAB\")",
    "device(\"serial0\").writes > 10",
    "memory(0x7c00, 2) == 0xaa55 && memory(0) == 0",
    "serial =~ \"x\" && serial(1) =~ \"y\" && screen =~ \"z\"",
    "machine.count(\"paused\") >= 1",
    "machine.config(\"vcpu_count\") == 1",
    "quiz(\"q\") && machines >= 1 && window.page == \"x\"",
  };
  static const char *wrong[] = {
    "machine",
    "machine.exits(1)",
    "device.reads",
    "cpu(\"a\").rip",
    "machine.nonsense",
    "memory()",
    "memory(1, 2, 3)",
    "quiz",
    "a.b.c",
  };
  g_autoptr (MosLabWorld) world = mos_lab_world_new (NULL);
  const MosCheckWorld *checks = mos_lab_world_get_checks (world);

  for (guint i = 0; i < G_N_ELEMENTS (right); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MosCheck) check = mos_check_parse (right[i], checks, 0, &error);

    g_assert_no_error (error);
    /* Without a machine nothing holds, and nothing breaks. */
    g_assert_false (mos_check_evaluate (check, checks, NULL, NULL));
  }
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (mos_check_parse (wrong[i], checks, 0, &error));
    g_assert_error (error, MOS_ERROR, MOS_ERROR_UNKNOWN_KEY);
    g_assert_nonnull (strstr (error->message, "allowed: "));
  }
}

static void
test_registers (void)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  guint64                 value;

  mos_cpu_state_reset (state, 0, TRUE);
  g_assert_cmpstr (mos_lab_register_mode (state), ==, "real");
  g_assert_true (mos_lab_register_get (state, "rip", &value));
  g_assert_cmpuint (value, ==, 0xfff0);
  g_assert_true (mos_lab_register_get_field (state, "cs", "base", &value));
  g_assert_cmpuint (value, ==, 0xffff0000);
  g_assert_true (mos_lab_register_get_field (state, "cr0", "et", &value));
  g_assert_cmpuint (value, ==, 1);
  g_assert_true (mos_lab_register_get_field (state, "idtr", "limit", &value));
  g_assert_cmpuint (value, ==, 0xffff);
  g_assert_false (mos_lab_register_get (state, "rxx", &value));
  g_assert_false (mos_lab_register_get_field (state, "rax", "x", &value));
  state->cr0 |= 1;
  state->seg[MOS_SEG_CS].db = 1;
  g_assert_cmpstr (mos_lab_register_mode (state), ==, "protected32");
  mos_cpu_state_clear (state);
}

static void
test_scripts (void)
{
  static const char *wrong[] = {
    "dance",     "start now",       "create", "type \"x",
    "wait n ==", "wait nonsense.x", "set a",  "answer",
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (MosLabScript) script = mos_lab_script_parse (
      "# a comment\ncreate minimal \"My machine\" as b vcpu_count=2\n\nstart\n"
      "wait screen =~ \"ready\" && exits() > 1\ntype \"ver\\n\" # here too\n",
      10, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (mos_lab_script_n_commands (script), ==, 4);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *text = g_strconcat ("start\n", wrong[i], NULL);
    g_autoptr (GError) mistake = NULL;

    g_assert_null (mos_lab_script_parse (text, 10, &mistake));
    if (!g_str_has_prefix (mistake->message, "line 11"))
      g_error ("%s: %s", wrong[i], mistake->message);
  }
}

/* What a lab may name as a file. */
static void
test_files (void)
{
  static const char *wrong[] = {
    "/etc/passwd",         "x",
    "@workspace/../x",     "@workspace/",
    "@workspace//etc/x",   "@workspace/a/../../x",
    "@workspace/.ssh/key", "@other/x",
  };
  g_autoptr (MosLabWorld) world = mos_lab_world_new (NULL);
  g_autofree char *path = NULL;

  g_assert_null (mos_lab_world_resolve (world, "@workspace/kernel", NULL));
  mos_lab_world_set_lab (world, NULL, "/somewhere/lab");
  path = mos_lab_world_resolve (world, "@workspace/out/kernel.elf", NULL);
  g_assert_cmpstr (path, ==, "/somewhere/lab/out/kernel.elf");
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (mos_lab_world_resolve (world, wrong[i], &error));
    g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  }
}

#define HEADER                                               \
  "---\nid: tiny\ntitle: A tiny lab\nlevel: advanced\n"      \
  "minutes: 45\nrequires: simple-boot, other\nobjectives:\n" \
  "- see: See it\n---\n"

static void
test_lab (void)
{
  static const char text[] = HEADER
      "Welcome, {{ machines }}.\n\n## First {#first}\nDo *this*: "
      "{{ cpu.rip }}\n"
      "```check\nmachine.state == \"running\"\n```\n"
      "```hint\nOne\n```\n```hint\nTwo\n```\n"
      "```wrong machine.state == \"paused\"\nNot so.\n```\n"
      "```solve\ncreate minimal\nstart\n```\n```before\n```\n"
      "```action Create it\ncreate minimal\n```\n```show new-machine\n```\n"
      "```teaches see\n```\n```asm\nmov eax, 1\n```\nAfter.\n"
      "## Second\n```quiz q\n? What?\n+ This -- yes\n- That -- no\n```\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (MosLab) lab = mos_lab_parse (text, -1, "tiny.md", &error);
  const MosLabStep *step;

  g_assert_no_error (error);
  g_assert_cmpstr (lab->id, ==, "tiny");
  g_assert_cmpint (lab->level, ==, MOS_LAB_ADVANCED);
  g_assert_cmpuint (lab->minutes, ==, 45);
  g_assert_cmpuint (lab->requires->len, ==, 2);
  g_assert_cmpuint (lab->steps->len, ==, 2);
  g_assert_cmpuint (lab->intro->values->len, ==, 1);
  step = mos_lab_step (lab, 0);
  g_assert_cmpstr (step->title, ==, "First");
  g_assert_cmpstr (step->show, ==, "new-machine");
  g_assert_cmpuint (step->hints->len, ==, 2);
  g_assert_cmpuint (step->wrongs->len, ==, 1);
  g_assert_cmpuint (step->actions->len, ==, 1);
  g_assert_cmpuint (step->values->len, ==, 1);
  /* Text, button, listing, text. */
  g_assert_cmpuint (step->blocks->len, ==, 4);
  g_assert_nonnull (step->check);
  g_assert_nonnull (step->solve);
  g_assert_cmpint (mos_lab_find_step (lab, "step-2"), ==, 1);
  g_assert_cmpint (mos_lab_find_step (lab, "x"), ==, -1);
}

/* Words in another language take the lab's place as a whole, or not at all. */
static void
test_translation (void)
{
  static const char text[] = HEADER
      "Hello.\n\n## First {#first}\nDo {{ machines }}.\n"
      "```check\nmachines > 0\n```\n```hint\nOne\n```\n"
      "```wrong machines > 1\nNo.\n```\n```action Go\nstart\n```\n"
      "```text\nls\n```\n```quiz q\n? What?\n+ This -- yes\n- That -- no\n"
      "```\n";
  static const char german[] =
      "---\nid: tiny\ntitle: Klein\nobjectives:\n- see: Sehen\n---\nHallo.\n\n"
      "## Erstens {#first}\nTu {{ machines + 0 }}.\n```hint\nEins\n```\n"
      "```wrong\nNein.\n```\n```action Los\n```\n```text\n```\n"
      "```quiz q\n? Was?\n+ Dies -- ja\n- Das -- nein\n```\n";
  static const struct {
    const char *from, *to, *why;
  } wrong[] = {
    { "id: tiny", "id: other", "other steps" },
    { "{#first}", "{#second}", "other steps" },
    { "```hint\nEins\n```\n", "", "other hints" },
    { "```wrong\nNein.\n```\n", "", "other warnings" },
    { "```text\n```\n", "", "paragraphs" },
    { "{{ machines + 0 }}", "x", "live values" },
    { "- Das -- nein", "- Das -- n\n- Jenes -- n", "other quizzes" },
    { "```text", "```check\nmachines\n```\n```text", "words only" },
    { "- see: Sehen\n", "", "other objectives" },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (MosLab) lab = mos_lab_parse (text, -1, "tiny.md", &error);
  const MosLabStep *step;

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_auto (GStrv) parts = g_strsplit (german, wrong[i].from, 2);
    g_autofree char *changed = g_strjoinv (wrong[i].to, parts);

    g_assert_cmpuint (g_strv_length (parts), ==, 2);
    g_assert_false (mos_lab_translate (lab, changed, -1, "de", &error));
    if (strstr (error->message, wrong[i].why) == NULL)
      g_error ("“%s” does not say “%s”", error->message, wrong[i].why);
    g_clear_error (&error);
    g_assert_cmpstr (lab->title, ==, "A tiny lab");
  }
  g_assert_true (mos_lab_translate (lab, german, -1, "de", &error));
  g_assert_no_error (error);
  step = mos_lab_step (lab, 0);
  g_assert_cmpstr (lab->title, ==, "Klein");
  g_assert_cmpstr (step->title, ==, "Erstens");
  g_assert_cmpstr (step->hints->pdata[0], ==, "Eins");
  g_assert_cmpstr (((MosLabAction *) step->actions->pdata[0])->label, ==,
                   "Los");
  g_assert_cmpuint (mos_lab_script_n_commands (
                        ((MosLabAction *) step->actions->pdata[0])->script),
                    ==, 1);
  g_assert_cmpstr (((MosLabWrong *) step->wrongs->pdata[0])->text, ==, "Nein.");
  g_assert_nonnull (((MosLabWrong *) step->wrongs->pdata[0])->when);
  g_assert_nonnull (step->check);
  g_assert_cmpstr (mos_check_source (step->values->pdata[0]), ==,
                   " machines + 0 ");
}

/* What moves, and a picture; a value that begins a line is no list's item. */
static void
test_live (void)
{
  static const char text[] =
      HEADER "Hello.\n\n## First {#first}\nIs it\n{{ 3 + 4 }}. Yes.\n\n"
             "```live register CR0\nIts\nfields\n```\n```live rate exits\n```\n"
             "```live tree\n```\n```picture a.svg\nA walk\n```\n"
             "```check\nmachines > 0\n```\n";
  static const char *wrong[] = {
    "```live register rax\n```\n",   "```live graph exits(\n```\n",
    "```live tree now\n```\n",       "```live moon\n```\n",
    "```picture ../a.svg\nA\n```\n", "```picture a.svg\n```\n",
    "```picture a.gif\nA\n```\n",
  };
  MosHypervisor *hypervisor = mos_hypervisor_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MosLab) lab = mos_lab_parse (text, -1, "live.md", &error);
  g_autoptr (MosLabSession) session = NULL;
  g_autofree char   *filled = NULL;
  const MosLabStep  *step;
  const MosLabBlock *block;
  guint              first = 0;

  g_assert_no_error (error);
  step = mos_lab_step (lab, 0);
  g_assert_cmpuint (step->lives->len, ==, 3);
  g_assert_cmpuint (step->blocks->len, ==, 5);
  block = step->blocks->pdata[1];
  g_assert_cmpint (block->kind, ==, MOS_LAB_BLOCK_LIVE);
  g_assert_cmpstr (block->text, ==, "Its fields");
  block = step->blocks->pdata[4];
  g_assert_cmpint (block->kind, ==, MOS_LAB_BLOCK_PICTURE);
  g_assert_cmpstr (block->label, ==, "a.svg");
  session = mos_lab_session_new (lab, hypervisor);
  block = step->blocks->pdata[0];
  filled = mos_lab_session_fill_in (session, block->text, &first);
  g_assert_cmpstr (filled, ==,
                   "Is it\n\xe2\x81\xa0"
                   "7. Yes.");
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *bad = g_strconcat (text, wrong[i], NULL);

    g_clear_error (&error);
    g_assert_null (mos_lab_parse (bad, -1, "live.md", &error));
    g_assert_true (g_str_has_prefix (error->message, "live.md:"));
  }
  g_clear_object (&session);
  g_object_unref (hypervisor);
}

static void
test_lab_mistakes (void)
{
  static const struct {
    const char *text;
    const char *begins;
  } rows[] = {
    { "", "x:1: a lab begins" },
    { "---\nid: a\n", "x:2: the header has no end" },
    { "---\nid: A b\n---\n", "x:2: “id: A b” is not understood" },
    { "---\nid: a\n---\n", "x:3: the header must have" },
    { "---\nlevel: hard\n", "x:2: “hard” is no level" },
    { "---\nminutes: 0\n", "x:2: “0” are no minutes" },
    { "---\nobjectives:\n- no colon\n", "x:3: an objective" },
    { HEADER "text", "x:10: the lab has no steps" },
    { HEADER "```check\ntrue\n```\n", "x:10: “check” belongs" },
    { HEADER "## A\n```check\nx ==\n```\n", "x: line 12, column 1: nothing" },
    { HEADER "## A\n```check\ntrue\n", "x:11: the fence" },
    { HEADER "## A\n```check\ntrue\n```\n```check\ntrue\n```\n",
      "x:14: the step has two" },
    { HEADER "## A {#a}\n## B {#a}\n", "x:11: there are two steps" },
    { HEADER "## A {#A}\n", "x:10: a step's heading" },
    { HEADER "## A\n```solve\nstart\nfly\n```\n", "x: line 13: there is no" },
    { HEADER "## A\n```show nothing\n```\n", "x:11: the window has no" },
    { HEADER "## A\n```solve\npoint it\n```\n", "x: line 12: the window" },
    { HEADER "## A\n```quiz q\n? a\n+ b\n```\n", "x:11: a quiz needs" },
    { HEADER "## A\n```quiz q\nb\n```\n", "x:12: a quiz is" },
    { HEADER "## A\n```teaches that\n```\n", "x:10: the step" },
    { HEADER "## A\n{{ x }}\n", "x:11: {{ x }}: column" },
    { HEADER "## A\n\n{{ machines\n", "x:11: “{{” needs" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (mos_lab_parse (rows[i].text, -1, "x", &error));
    if (!g_str_has_prefix (error->message, rows[i].begins))
      g_error ("%s: %s", rows[i].begins, error->message);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lab/check/truth", test_truth);
  g_test_add_func ("/lab/check/missing", test_missing);
  g_test_add_func ("/lab/check/phrases", test_phrases);
  g_test_add_func ("/lab/check/delta", test_delta);
  g_test_add_func ("/lab/check/mistakes", test_mistakes);
  g_test_add_func ("/lab/check/regex-limit", test_regex_limit);
  g_test_add_func ("/lab/queries", test_queries);
  g_test_add_func ("/lab/registers", test_registers);
  g_test_add_func ("/lab/scripts", test_scripts);
  g_test_add_func ("/lab/files", test_files);
  g_test_add_func ("/lab/file", test_lab);
  g_test_add_func ("/lab/file/translation", test_translation);
  g_test_add_func ("/lab/file/live", test_live);
  g_test_add_func ("/lab/file/mistakes", test_lab_mistakes);
  return g_test_run ();
}
