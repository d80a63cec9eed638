/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios tutorial new`, `pack`, `install` and `guide`: for who writes labs,
 * and who gets them in one file.
 */

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "app/cli/commands.h"
#include "tutorials/tutorials.h"

/* -- new ----------------------------------------------------------------- */

/* It lints without a word and plays with its mistakes; %s is its id. */
static const char template[] =
    "---\n"
    "id: %s\n"
    "title: My Lab\n"
    "level: beginner\n"
    "minutes: 15\n"
    "requires: simple-boot\n"
    "objectives:\n"
    "- start: Start a machine and see that it runs\n"
    "---\n"
    "Say in a few sentences what one does in this lab, and what for.\n"
    "\n"
    "## Start it {#start}\n"
    "\n"
    "Explain one thing in each step, then let the learner do it. A live value:\n"
    "the machine is {{ machine.state }}.\n"
    "\n"
    "```action Create and start the machine\n"
    "create minimal \"My lab\" memory_mb=64\n"
    "start\n"
    "```\n"
    "```check\n"
    "machine.state == \"running\" && screen =~ \"Simple Boot\"\n"
    "```\n"
    "```mistake\n"
    "create minimal \"My lab\" memory_mb=64\n"
    "start\n"
    "pause\n"
    "```\n"
    "```wrong machine.state == \"paused\"\n"
    "The machine is paused. Let it go on.\n"
    "```\n"
    "```hint\n"
    "Press the button in the text.\n"
    "```\n"
    "```solve\n"
    "create minimal \"My lab\" memory_mb=64\n"
    "start\n"
    "resume\n"
    "wait screen =~ \"Simple Boot\"\n"
    "answer why\n"
    "```\n"
    "```quiz why\n"
    "? What is a quiz for?\n"
    "+ It asks what the check cannot see -- Right.\n"
    "- It is there to annoy -- It should not.\n"
    "```\n"
    "```show start\n"
    "```\n"
    "```teaches start\n"
    "```\n";

static gboolean
is_id (const char *name)
{
  return g_ascii_islower (name[0]) && strlen (name) <= 64 &&
         strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
             strlen (name);
}

static int
run_new (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char      *folder = arguments->words->pdata[0];
  g_autofree char *id = g_path_get_basename (folder);
  g_autofree char *file = g_build_filename (folder, "lab.md", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (!is_id (id))
    return mos_cli_complain (self,
                             _ ("the folder's name “%s” becomes the lab's id: "
                                "small letters, digits and hyphens"),
                             id);
  if (g_file_test (file, G_FILE_TEST_EXISTS))
    return mos_cli_complain (self, _ ("there is a lab in %s already"), folder);
  if (g_mkdir_with_parents (folder, 0777) != 0)
    return mos_cli_complain (self, _ ("%s cannot be made"), folder);
  text = g_strdup_printf (template, id);
  if (!g_file_set_contents (file, text, -1, &error))
    return mos_cli_complain (self, "%s", error->message);
  g_print (_ ("%s: change it, then multios tutorial lint %s and multios "
              "tutorial run %s --mistakes\n"),
           file, folder, folder);
  return MOS_CLI_OK;
}

/* -- pack and install ---------------------------------------------------- */

static int
run_pack (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char      *folder = arguments->words->pdata[0];
  const char      *author = mos_cli_value (arguments, "author");
  const char      *output = mos_cli_value (arguments, "output");
  g_autofree char *plain = g_path_get_basename (folder);
  g_autofree char *name = g_strconcat (plain, ".mlab", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = mos_bundle_pack (folder, author, &error);
  gsize       size;
  const char *data;

  if (bytes == NULL)
    return mos_cli_complain (self, "%s", error->message);
  data = g_bytes_get_data (bytes, &size);
  if (output == NULL)
    output = name;
  if (!g_file_set_contents (output, data, (gssize) size, &error))
    return mos_cli_complain (self, "%s", error->message);
  g_print ("%s\n", output);
  return MOS_CLI_OK;
}

static int
run_install (const MosCliCommand *self, const MosCliArguments *arguments)
{
  const char *file = arguments->words->pdata[0];
  g_autoptr (GError) error = NULL;
  g_autoptr (MosBundle) bundle = mos_bundle_load (file, &error);
  g_autofree char *place = NULL;

  if (bundle != NULL)
    place =
        mos_bundle_install (bundle, mos_cli_has (arguments, "replace"), &error);
  if (place == NULL)
    return mos_cli_complain (self, "%s", error->message);
  g_print (_ ("%s, by %s: %s\n"), mos_bundle_get_lab (bundle)->title,
           *mos_bundle_get_author (bundle) != '\0'
               ? mos_bundle_get_author (bundle)
               : _ ("nobody named"),
           place);
  return MOS_CLI_OK;
}

/* -- guide --------------------------------------------------------------- */

static const struct {
  const char *fence;
  const char *help;
} fences[] = {
  { "check", N_ ("an expression; the step is done when it holds") },
  { "hint", N_ ("a text; hints come one by one, the plainest last") },
  { "mistake", N_ ("commands of a plausible mistake, for tests") },
  { "wrong EXPRESSION",
    N_ ("a text that is shown as soon as the expression holds; says what is "
        "missing") },
  { "solve", N_ ("commands that do the step") },
  { "before", N_ ("commands that bring about what the step begins with") },
  { "action LABEL", N_ ("a button in the text, and its commands") },
  { "show WIDGET", N_ ("where “Show Me” points in the window") },
  { "quiz ID",
    N_ ("“? question”, then “+ right -- why” and “- wrong -- why”") },
  { "live register NAME",
    N_ ("a register with its fields; also live graph EXPRESSION, live rate "
        "EXPRESSION (growth a second), live tree; the text says what it "
        "shows") },
  { "picture NAME.svg",
    N_ ("a picture of the lab's folder, also .png; the text says what it "
        "shows") },
  { "teaches OBJECTIVE, …", N_ ("which objectives of the header it teaches") },
};

static void
print_format (void)
{
  g_print (
      "%s\n\n",
      _ ("A lab is a folder with a file lab.md: a header between two lines of "
         "three hyphens (id, title, level, minutes, requires, objectives), an "
         "introduction, and steps that begin with “## Title {#id}”. Text is "
         "Markdown; {{ expression }} is a live value. What the program reads "
         "stands in fences of three backquotes:"));
  for (guint i = 0; i < G_N_ELEMENTS (fences); i++)
    g_print ("  ```%s\n      %s\n", fences[i].fence, _ (fences[i].help));
  g_print ("\n%s\n\n",
           _ ("How to: multios tutorial new DIR makes a lab to begin with; "
              "lint says what is wrong or missing, run --mistakes and run "
              "--each play it, pack makes one file of it, NAME.mlab, that "
              "install or a drop into the window opens elsewhere."));
}

static int
run_guide (const MosCliCommand *self, const MosCliArguments *arguments)
{
  print_format ();
  g_print ("%s\n\n", _ ("What checks and live values can ask; “machine” may "
                        "be left out:"));
  for (const MosLabQueryInfo *row = mos_lab_queries; row->pattern != NULL;
       row++)
    g_print ("  %s\n      %s\n", row->pattern, _ (row->help));
  g_print ("\n%s\n\n", _ ("What solutions, “before” and buttons can do, a "
                          "command a line:"));
  for (const MosLabVerb *row = mos_lab_verbs; row->name != NULL; row++)
    g_print ("  %s %s\n      %s\n", row->name, row->arguments, _ (row->help));
  g_print ("\n%s\n\n", _ ("What “show” and “point” can point at:"));
  for (const MosLabTarget *row = mos_lab_targets; row->id != NULL; row++)
    g_print ("  %-14s %s\n", row->id, _ (row->title));
  g_print ("\n%s\n\n", _ ("Systems of other packages, as floppy=@image/NAME, "
                          "cdrom=… or boot.kernel_path=…:"));
  for (const MosLabImage *row = mos_lab_images; row->name != NULL; row++)
    g_print ("  %-14s %s (%s)\n", row->name, _ (row->title), row->package);
  return MOS_CLI_OK;
}

/* -- commands ------------------------------------------------------------ */

static const MosCliOption pack_options[] = {
  { .name = "author", .argument = "NAME", .help = N_ ("who made the lab") },
  { .name = "output",
    .argument = "FILE",
    .help = N_ ("otherwise the folder's name with .mlab") },
  { NULL },
};

static const MosCliOption install_options[] = {
  { .name = "replace", .help = N_ ("in place of the one that is there") },
  { NULL },
};

const MosCliCommand mos_cli_tutorial_new = {
  .name = "tutorial new",
  .synopsis = "DIR",
  .summary = N_ ("make a small lab to begin with"),
  .min_words = 1,
  .max_words = 1,
  .run = run_new,
};

const MosCliCommand mos_cli_tutorial_pack = {
  .name = "tutorial pack",
  .synopsis = "DIR [OPTION…]",
  .summary = N_ ("pack a lab into one file"),
  .options = pack_options,
  .min_words = 1,
  .max_words = 1,
  .run = run_pack,
};

const MosCliCommand mos_cli_tutorial_install = {
  .name = "tutorial install",
  .synopsis = "FILE.mlab [OPTION…]",
  .summary = N_ ("put a packed lab among one's own"),
  .options = install_options,
  .min_words = 1,
  .max_words = 1,
  .run = run_install,
};

const MosCliCommand mos_cli_tutorial_guide = {
  .name = "tutorial guide",
  .synopsis = "",
  .summary = N_ ("print how labs are written, and what they can use"),
  .run = run_guide,
};
