# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page and dialog is opened, and must be fit for everybody: what can be
focused has a name, nothing sticks out at 200 % text, everything is translated,
and Tab leads through and out again."""

import os
import re
import tempfile

import crawl
import gui
import pseudo

TYPE_NAME = re.compile(r'^(Gtk|Adw|Mos|Vte)[A-Z]\w*$')
# Words that are the same in every language: names of things, of ours and of
# the field, and what a user has written.
SAME = re.compile(
    r'^(Visited|Machine|Cantarell.*|[a-z0-9_.-]+(\.[a-z0-9_-]+)+.*|x86\S*|[A-Z0-9 _/+-]+|\W*'
    r'|(Ctrl|Alt|Shift|Super|Print|Page|F\d+|Right|Left|Return|space|Delete|Tab)\b.*'
    r'|GPL.*|GNU.*|https?:.*|.*multios-lab.*|.*@.*|org\.multios.*|[0-9a-f-]{36}'
    r'|COM\d|[0-9a-f]{2}  [A-Z_]+|0… CODE|[a-z0-9_-]+|(\d+ )?[MGK]iB|(Disk|Cdrom|Floppy|Network)First)$')


def unnamed(lab):
    found = []
    for node in lab.all():
        name = node.get_name() or ''
        if (node.get_role_name() == 'list item' or name == 'GtkListItemWidget') \
                and lab.all('label', root=node):
            continue  # GTK 4.8 cannot name those of a drop-down; the label is read
        if node.get_role_name() == 'label' and not gui.text_of(node):
            continue  # a value to select, that is not there now
        if gui.has_state(node, 'FOCUSABLE') and (not name or TYPE_NAME.match(name)) \
                and node.get_role_name() not in ('frame', 'dialog', 'window'):
            found.append(f'{node.get_role_name()} {name!r} in {path(node)}')
    return found


def path(node):
    above = []
    node = node.get_parent()
    while node is not None and len(above) < 4:
        above.append(node.get_name() or node.get_role_name())
        node = node.get_parent()
    return above


def report(bad, what):
    for line in bad:
        print('#', line)
    assert not bad, f'{len(bad)} {what}'


def test_everything_has_a_name():
    with gui.Lab() as lab:
        bad = {}
        crawl.visit(lab, lambda what: [bad.setdefault(n, what) for n in unnamed(lab)])
        report([f'{what}: {node}' for node, what in bad.items()], 'nodes without a name')
        assert not lab.complaints(), lab.complaints()


def test_everything_is_translated():
    folder = os.path.join(gui.BUILD, 'po')
    pseudo.build(folder)
    with gui.Lab(environment={'LANGUAGE': pseudo.LANGUAGE, 'LANG': 'C.UTF-8'}) as lab:
        bad = {}

        def check(what):
            for node in lab.all():
                if node.get_role_name() in ('text', 'terminal', 'image', 'icon', 'separator'):
                    continue
                for text in (node.get_name(), node.get_description()):
                    for line in (text or '').split('\n'):
                        left = pseudo.untranslated(line).replace('(MiB)', '').strip(
                            ' .,:;“”()…')
                        if re.search('[A-Za-z]{3}', left) and not SAME.match(left) \
                                and not TYPE_NAME.match(left) and not toolkits(node, left):
                            bad.setdefault(line, f'{what}: {node.get_role_name()} in {path(node)}')
        crawl.visit(lab, check)
        report([f'{line!r}: {where}' for line, where in bad.items()], 'untranslated strings')


# Of GTK and libadwaita, which have catalogues of their own.
TOOLKIT = {'Expand', 'Close', 'Minimize', 'Maximize', 'Back', 'Apply', 'Search', 'Credits', 'Legal',
           'Troubleshooting', 'Details', 'Website', 'Copyright', 'Dismiss', 'Increase', 'Decrease',
           'Clear entry', 'Search Results', 'Search Shortcuts', 'Preferences', 'Edit',
           'Try a different search', 'No Results Found', 'Report an Issue', 'Copy Text',
           'Save As', 'Save As…', 'Save as…', '_Save as…', 'Save as', '_Save as… Save as', '_Copy Text', 'About', 'Shortcuts',
           'What’s New', 'Acknowledgements', 'Minimize the window', 'Maximize the window',
           'Close the window', '(None', 'None', 'All Shortcuts', 'Search Again', 'Show all', 'Debugging Information'}


def toolkits(node, text):
    if text in TOOLKIT or any(text in (f'{t} {t}', f'_{t} {t}') for t in TOOLKIT):
        return True
    # The licence's text is libadwaita's.
    return 'warrant' in text.lower() or text.startswith('To assist in troubleshooting') or 'MultiOS Lab developers' in text


def outside(lab):
    """Buttons and labels that stick out of their window."""
    from gi.repository import Atspi
    found = []
    for window in lab.windows():
        frame = Atspi.Component.get_extents(window, Atspi.CoordType.WINDOW)
        for node in gui.walk(window):
            if node.get_role_name() not in ('push button', 'entry', 'combo box') or scrolls(node):
                continue
            box = Atspi.Component.get_extents(node, Atspi.CoordType.WINDOW)
            # A side bar that is folded away lies wholly outside.
            if box.x >= frame.width or box.x + box.width <= 0:
                continue
            if box.width > 0 and (box.x < -2 or box.x + box.width > frame.width + 2):
                found.append(f'{node.get_name()!r} at {box.x}+{box.width} of {frame.width}')
    return found


def scrolls(node):
    while node is not None:
        if node.get_role_name() in ('scroll pane', 'page tab list'):
            return True
        node = node.get_parent()
    return False


def test_large_text_fits():
    with tempfile.TemporaryDirectory(prefix='multios-large-') as home:
        folder = os.path.join(home, 'config', 'gtk-4.0')
        os.makedirs(folder)
        with open(os.path.join(folder, 'settings.ini'), 'w') as file:
            file.write('[Settings]\ngtk-font-name=Cantarell 22\ngtk-enable-animations=0\n')
        with gui.Lab(home=home) as lab:
            bad = []
            crawl.visit(lab, lambda what: bad.extend(f'{what}: {b}' for b in outside(lab)))
            report(bad, 'things that stick out')


def focused(lab):
    return next((n for n in lab.all() if gui.has_state(n, 'FOCUSED')), None)


def identity(node):
    return node and (node.get_role_name(), node.get_name(), tuple(path(node)))


def test_tab_goes_round():
    """On every page: Tab always moves on; from a terminal, Ctrl+Tab does."""
    with gui.Lab() as lab:
        bad = []

        def check(what):
            if not what.startswith('the page'):
                return
            seen, stuck = [], 0
            for _ in range(60):
                before = identity(focused(lab))
                lab.key('Tab')
                after = identity(focused(lab))
                if after == before:
                    lab.key('ctrl+Tab')
                    after = identity(focused(lab))
                stuck = stuck + 1 if after == before else 0
                if stuck == 3:
                    bad.append(f'{what}: the focus stays on {after}')
                    return
                if after in seen[:3] and len(seen) > 3:
                    return
                seen.append(after)
        crawl.visit(lab, check)
        report(bad, 'key traps')


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
