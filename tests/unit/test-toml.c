/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The TOML reader against the examples of the specification, what it must
 * refuse and where it says the mistake is, and the editor: what an edit
 * leaves alone, and that a random sequence of edits can always be read back.
 */

#include <glib.h>
#include <math.h>
#include <string.h>

#include "engine/config/toml.h"

static MosToml *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  MosToml *doc = mos_toml_parse (text, -1, "t", &error);

  g_assert_no_error (error);
  return doc;
}

static const char *
string_at (MosToml *doc, const char *path)
{
  const MosTomlNode *node = mos_toml_find (doc, path);

  g_assert_nonnull (node);
  return mos_toml_node_string (node, NULL);
}

static gint64
integer_at (MosToml *doc, const char *path)
{
  const MosTomlNode *node = mos_toml_find (doc, path);

  g_assert_nonnull (node);
  return mos_toml_node_integer (node);
}

static void
test_strings (void)
{
  g_autoptr (MosToml) doc =
      parse ("a = \"tab\\t quote\\\" u\\u00e9 U\\U0001F600\"\n"
             "b = 'C:\\path'\n"
             "c = \"\"\"\nfirst\\\n   \n\t second\"\"\"\n"
             "d = '''\nraw \\n\n'''\n"
             "e = \"\"\"two \"\" and five \"\"\"\"\"\n"
             "f = ''''x''''\n"
             "g = \"\"\"a\r\nb\"\"\"\r\n"
             "h = \"\\u0000\"\n");
  gsize length;

  g_assert_cmpstr (string_at (doc, "a"), ==, "tab\t quote\" ué U😀");
  g_assert_cmpstr (string_at (doc, "b"), ==, "C:\\path");
  g_assert_cmpstr (string_at (doc, "c"), ==, "firstsecond");
  g_assert_cmpstr (string_at (doc, "d"), ==, "raw \\n\n");
  g_assert_cmpstr (string_at (doc, "e"), ==, "two \"\" and five \"\"");
  g_assert_cmpstr (string_at (doc, "f"), ==, "'x'");
  g_assert_cmpstr (string_at (doc, "g"), ==, "a\nb");
  mos_toml_node_string (mos_toml_find (doc, "h"), &length);
  g_assert_cmpuint (length, ==, 1);
}

static void
test_numbers (void)
{
  static const struct {
    const char *text;
    gint64      value;
  } integers[] = {
    { "+99", 99 },
    { "-17", -17 },
    { "-0", 0 },
    { "1_000_000", 1000000 },
    { "0xDEAD_beef", 0xdeadbeef },
    { "0o755", 0755 },
    { "0b1101", 13 },
    { "9223372036854775807", G_MAXINT64 },
    { "-9223372036854775808", G_MININT64 },
  };
  static const struct {
    const char *text;
    double      value;
  } floats[] = {
    { "+1.0", 1 },        { "-0.01", -0.01 },    { "5e+22", 5e22 },
    { "1e06", 1e6 },      { "-2E-2", -0.02 },    { "6.626e-34", 6.626e-34 },
    { "1_2.3_4", 12.34 }, { "-inf", -INFINITY },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (integers); i++) {
    g_autofree char *text = g_strconcat ("v = ", integers[i].text, NULL);
    g_autoptr (MosToml) doc = parse (text);

    g_assert_cmpint (integer_at (doc, "v"), ==, integers[i].value);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (floats); i++) {
    g_autofree char *text = g_strconcat ("v = ", floats[i].text, NULL);
    g_autoptr (MosToml) doc = parse (text);

    g_assert_true (mos_toml_node_float (mos_toml_find (doc, "v")) ==
                   floats[i].value);
  }
}

static void
test_dates (void)
{
  static const char *const right[] = {
    "1979-05-27T07:32:00Z",
    "1979-05-27 07:32:00.5-07:00",
    "1979-05-27t00:32:00.999999",
    "2024-02-29",
    "07:32:00",
    "23:59:60.1",
  };
  static const char *const wrong[] = {
    "2023-02-29", "1979-13-01", "24:00:00",
    "07:32",      "07:32:00.",  "1979-05-27T07:32:00+24:00",
    "1979-5-27"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (right); i++) {
    g_autofree char *text = g_strconcat ("v = ", right[i], NULL);
    g_autoptr (MosToml) doc = parse (text);

    g_assert_cmpint (mos_toml_node_type (mos_toml_find (doc, "v")), ==,
                     MOS_TOML_DATETIME);
    g_assert_cmpstr (string_at (doc, "v"), ==, right[i]);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autofree char *text = g_strconcat ("v = ", wrong[i], NULL);

    g_assert_null (mos_toml_parse (text, -1, NULL, NULL));
  }
}

static void
test_tables (void)
{
  g_autoptr (MosToml) doc =
      parse ("\xef\xbb\xbf# with a byte order mark\n"
             "a.b.c = 1\na.\"b\".'d' = 2\n"
             "[x.y.z]\nw = 3\n"
             "[x] # after what it holds\nv = { p.q = 4, r = [5, [6]] }\n"
             "[[fruit]]\nname = \"apple\"\n[fruit.skin]\ncolour = 'red'\n"
             "[[fruit.kinds]]\nname = \"delicious\"\n"
             "[[fruit]]\nname = \"plum\"\n"
             "[deep]\none.two = 1\n[deep.one.three]\nfour = 4\n"
             "[[deep.one.five]]\n");

  g_assert_cmpint (integer_at (doc, "a.b.c"), ==, 1);
  g_assert_cmpint (integer_at (doc, "a.b.d"), ==, 2);
  g_assert_cmpint (integer_at (doc, "x.y.z.w"), ==, 3);
  g_assert_cmpint (integer_at (doc, "x.v.p.q"), ==, 4);
  g_assert_cmpint (integer_at (doc, "x.v.r[1][0]"), ==, 6);
  g_assert_cmpstr (string_at (doc, "fruit[0].skin.colour"), ==, "red");
  g_assert_cmpstr (string_at (doc, "fruit[0].kinds[0].name"), ==, "delicious");
  g_assert_cmpstr (string_at (doc, "fruit[1].name"), ==, "plum");
  g_assert_cmpint (integer_at (doc, "deep.one.three.four"), ==, 4);
  g_assert_null (mos_toml_find (doc, "fruit[2]"));
  g_assert_null (mos_toml_find (doc, "fruit[1"));
  g_assert_null (mos_toml_find (doc, "a.b.c.d"));
}

static void
test_refusals (void)
{
  static const struct {
    const char *text;
    const char *at; /* line:column of the message */
  } rows[] = {
    { "a = 1\na = 2\n", "2:1" },
    { "a = 1\n\n  b == 2\n", "3:6" },
    { "a = \"é\" x\n", "1:9" },
    { "a.b = 1\na.b.c = 2\n", "2:3" },
    { "[a]\n[a]\n", "2:2" },
    { "[a]\nb.c = 1\n[a.b]\n", "3:4" },
    { "[a.b.c]\nz = 9\n[a]\nb.c.t = 1\n", "4:3" },
    { "[[a.b]]\n[a]\nb.y = 2\n", "3:1" },
    { "a = {b = 1}\n[a.c]\n", "2:2" },
    { "a = {b = 1}\na.c = 1\n", "2:1" },
    { "a = [1]\n[[a]]\n", "2:3" },
    { "[[a]]\n[a]\n", "2:2" },
    { "[a]\n[[a]]\n", "2:3" },
    { "a = {b = 1,}\n", "1:12" },
    { "a = {b = 1\n}\n", "1:11" },
    { "a = [1 2]\n", "1:8" },
    { "a = [1,\n\n", "1:5" },
    { "a = \"x\n", "1:5" },
    { "a = \"\"\"x\n", "1:5" },
    { "a = \"\\x41\"\n", "1:6" },
    { "a = \"\\ud800\"\n", "1:8" },
    { "a = 01\n", "1:5" },
    { "a = 1__0\n", "1:5" },
    { "a = 0x\n", "1:5" },
    { "a = +0x1\n", "1:5" },
    { "a = 1.\n", "1:5" },
    { "a = .5\n", "1:5" },
    { "a = 9223372036854775808\n", "1:5" },
    { "a = True\n", "1:5" },
    { "a =\n", "1:4" },
    { "= 1\n", "1:1" },
    { "[a\n", "1:3" },
    { "[]\n", "1:2" },
    { "[[a]\n", "1:5" },
    { "\"\"\"a\"\"\" = 1\n", "1:1" },
    { "a = 1 # \x01\n", "1:9" },
    { "a = 1\r# x\n", "1:6" },
    { "a = \"\xff\"\n", "1:6" },
    { "\"\\u0000\" = 1\n", "1:1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *start = g_strdup_printf ("t:%s: ", rows[i].at);

    g_assert_null (mos_toml_parse (rows[i].text, -1, "t", &error));
    if (!g_str_has_prefix (error->message, start))
      g_error ("%s gave: %s", rows[i].text, error->message);
  }
  g_assert_null (mos_toml_parse ("a = 1\n\0\n", 8, "t", NULL));
}

static void
test_bounds (void)
{
  g_autoptr (GString) text = g_string_new ("a = ");
  g_autoptr (GError) error = NULL;
  g_autofree char *large = g_strnfill (MOS_TOML_MAX_BYTES + 1, '\n');

  for (guint i = 0; i < 100000; i++)
    g_string_append_c (text, '[');
  g_assert_null (mos_toml_parse (text->str, -1, "t", &error));
  g_assert_true (strstr (error->message, "deep") != NULL);
  g_assert_null (mos_toml_parse (large, -1, "t", NULL));

  /* Many keys in one table take no square of the time. */
  g_string_truncate (text, 0);
  for (guint i = 0; i < 50000; i++)
    g_string_append_printf (text, "k%u = %u\n", i, i);
  mos_toml_free (parse (text->str));
}

static void
test_set (void)
{
  g_autoptr (MosToml) doc = parse ("# head\nname = \"x\"   # the name\n\n"
                                   "[boot]\n  kernel = \"k\" # here\n"
                                   "# below\n[devices]\ng.type = \"VGA\"\n");

  g_assert_true (mos_toml_set (doc, "name", "\"why\"", NULL));
  g_assert_true (mos_toml_set (doc, "cpus", "2", NULL));
  g_assert_true (mos_toml_set (doc, "boot.args", "\"\"", NULL));
  g_assert_true (mos_toml_set (doc, "devices.g.size", "[1, 2]", NULL));
  g_assert_true (mos_toml_set (doc, "features.x.y", "true", NULL));
  g_assert_true (mos_toml_set (doc, "features.x.z", "false", NULL));
  g_assert_cmpstr (mos_toml_text (doc, NULL), ==,
                   "# head\nname = \"why\"   # the name\ncpus = 2\n\n"
                   "[boot]\n  kernel = \"k\" # here\n  args = \"\"\n"
                   "# below\n[devices]\ng.type = \"VGA\"\n"
                   "g.size = [1, 2]\n\n[features]\nx.y = true\n"
                   "x.z = false\n");
  g_assert_true (mos_toml_remove (doc, "boot.kernel"));
  g_assert_true (mos_toml_remove (doc, "devices.g.size"));
  g_assert_false (mos_toml_remove (doc, "devices.g.size"));
  g_assert_false (mos_toml_remove (doc, "boot"));
  g_assert_cmpstr (mos_toml_text (doc, NULL), ==,
                   "# head\nname = \"why\"   # the name\ncpus = 2\n\n"
                   "[boot]\n  args = \"\"\n"
                   "# below\n[devices]\ng.type = \"VGA\"\n"
                   "\n[features]\nx.y = true\nx.z = false\n");
}

static void
test_set_refuses (void)
{
  g_autoptr (MosToml) doc = parse ("a = 1\n[t]\nb = 2\n");
  g_autofree char *before = g_strdup (mos_toml_text (doc, NULL));

  g_assert_false (mos_toml_set (doc, "a", "1\nc = 3", NULL));
  g_assert_false (mos_toml_set (doc, "a", "1 # x", NULL));
  g_assert_false (mos_toml_set (doc, "a", "", NULL));
  g_assert_false (mos_toml_set (doc, "a.b", "1", NULL));
  g_assert_false (mos_toml_set (doc, "t", "1", NULL));
  g_assert_false (mos_toml_set (doc, "l[0].a", "1", NULL));
  g_assert_false (mos_toml_append (doc, "a", "{ x = 1 }", NULL));
  g_assert_false (mos_toml_append (doc, "z", "1", NULL));
  g_assert_cmpstr (mos_toml_text (doc, NULL), ==, before);
}

static void
test_append (void)
{
  g_autoptr (MosToml) doc = parse ("[s]\ninline = [ { a = 1 } ]\n"
                                   "lines = [\n    { a = 1 }, # one\n]\n"
                                   "none = []\nt = { u = 1 }\n");

  g_assert_true (mos_toml_append (doc, "s.inline", "{ a = 2 }", NULL));
  g_assert_true (mos_toml_append (doc, "s.lines", "{ a = 2 }", NULL));
  g_assert_true (mos_toml_append (doc, "s.none", "{ a = 2 }", NULL));
  g_assert_true (mos_toml_append (doc, "s.t.v", "{ a = 2 }", NULL));
  g_assert_true (mos_toml_append (doc, "d.x", "{ a = 1, b.c = 2 }", NULL));
  g_assert_true (mos_toml_append (doc, "d.x", "{ a = 3 }", NULL));
  g_assert_cmpstr (mos_toml_text (doc, NULL), ==,
                   "[s]\ninline = [ { a = 1 }, { a = 2 } ]\n"
                   "lines = [\n    { a = 1 },\n    { a = 2 } # one\n]\n"
                   "none = [ { a = 2 } ]\n"
                   "t = { u = 1, v = [{ a = 2 }] }\n"
                   "\n[[d.x]]\na = 1\nb.c = 2\n\n[[d.x]]\na = 3\n");

  g_assert_true (mos_toml_remove (doc, "s.inline[0]"));
  g_assert_true (mos_toml_remove (doc, "s.lines[1]"));
  g_assert_true (mos_toml_remove (doc, "s.none[0]"));
  g_assert_true (mos_toml_remove (doc, "s.t.u"));
  g_assert_true (mos_toml_remove (doc, "d.x[0]"));
  g_assert_cmpint (integer_at (doc, "s.inline[0].a"), ==, 2);
  g_assert_cmpint (integer_at (doc, "s.lines[0].a"), ==, 1);
  g_assert_null (mos_toml_find (doc, "s.none[0]"));
  g_assert_cmpint (integer_at (doc, "s.t.v[0].a"), ==, 2);
  g_assert_cmpint (integer_at (doc, "d.x[0].a"), ==, 3);
  g_assert_true (mos_toml_remove (doc, "d.x"));
  g_assert_null (mos_toml_find (doc, "d.x"));
}

/* Whatever is edited: it succeeds and holds, or nothing changes. */
static void
test_random_edits (void)
{
  static const char *const starts[] = {
    "",
    "# only a comment",
    "a.b = 1\nc = [ { d = 1 } ] # x\n",
    "[a]\nb = 1\n[[c]]\nd = 2\n[[c]]\n[c.e]\nf = 1\n[g.h]\n",
    "a = { b = 1 }\nc = []",
    "[[c]]\n[a.b.x]\n",
  };
  static const char *const paths[] = { "a",     "a.b",    "a.b.x",  "c",
                                       "c[0]",  "c[0].d", "c[1].e", "g.h",
                                       "g.h.i", "new",    "n.e.w" };
  static const char *const literals[] = {
    "1", "\"s\"", "[ 1,\n 2 ]", "{ d = 1 }", "[ { d = 2 } ]", "[]"
  };
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (guint round = 0; round < 400; round++) {
    g_autoptr (MosToml) doc =
        parse (starts[g_rand_int_range (random, 0, G_N_ELEMENTS (starts))]);

    for (guint i = 0; i < 12; i++) {
      const char *path =
          paths[g_rand_int_range (random, 0, G_N_ELEMENTS (paths))];
      const char *literal =
          literals[g_rand_int_range (random, 0, G_N_ELEMENTS (literals))];
      g_autofree char *before = g_strdup (mos_toml_text (doc, NULL));
      gboolean         changed;

      switch (g_rand_int_range (random, 0, 3)) {
      case 0:
        changed = mos_toml_set (doc, path, literal, NULL);
        if (changed) {
          g_autofree char *now =
              mos_toml_node_literal (doc, mos_toml_find (doc, path));

          g_assert_cmpstr (now, ==, literal);
        }
        break;
      case 1:
        changed = mos_toml_append (doc, path, literal, NULL);
        break;
      default:
        changed = mos_toml_remove (doc, path);
        break;
      }
      if (!changed)
        g_assert_cmpstr (mos_toml_text (doc, NULL), ==, before);
      mos_toml_free (parse (mos_toml_text (doc, NULL)));
    }
  }
}

static void
test_quote (void)
{
  g_autofree char *quoted = mos_toml_quote ("a\"b\\c\n\x01\x7f é");
  g_autofree char *text = g_strconcat ("v = ", quoted, NULL);
  g_autoptr (MosToml) doc = parse (text);

  g_assert_cmpstr (quoted, ==, "\"a\\\"b\\\\c\\n\\u0001\\u007F é\"");
  g_assert_cmpstr (string_at (doc, "v"), ==, "a\"b\\c\n\x01\x7f é");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/toml/strings", test_strings);
  g_test_add_func ("/toml/numbers", test_numbers);
  g_test_add_func ("/toml/dates", test_dates);
  g_test_add_func ("/toml/tables", test_tables);
  g_test_add_func ("/toml/refusals", test_refusals);
  g_test_add_func ("/toml/bounds", test_bounds);
  g_test_add_func ("/toml/set", test_set);
  g_test_add_func ("/toml/set-refuses", test_set_refuses);
  g_test_add_func ("/toml/append", test_append);
  g_test_add_func ("/toml/random-edits", test_random_edits);
  g_test_add_func ("/toml/quote", test_quote);
  return g_test_run ();
}
