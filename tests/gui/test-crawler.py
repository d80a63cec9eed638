# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page and dialog is opened, and must be fit for everybody: what can be
focused has a name, nothing sticks out at 200 % text, everything is translated,
and Tab leads through and out again."""

import os
import re
import tempfile
import time

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


def unnamed(node):
    """What is wrong with the name of NODE, or None."""
    name = node.get_name() or ''
    if not gui.has_state(node, 'FOCUSABLE') or (name and not TYPE_NAME.match(name)):
        return None
    role = node.get_role_name()
    if role in ('frame', 'dialog', 'window'):
        return None
    if (role == 'list item' or name == 'GtkListItemWidget') \
            and next((n for n in gui.walk(node) if n.get_role_name() == 'label'), None):
        return None  # GTK 4.8 cannot name those of a drop-down; the label is read
    if role == 'label' and not gui.text_of(node):
        return None  # a value to select, that is not there now
    return f'{role} {name!r} in {path(node)}'


def untranslated(node):
    """The lines of NODE's texts that no catalogue has been asked for."""
    if node.get_role_name() in ('text', 'terminal', 'image', 'icon', 'separator'):
        return
    for text in {node.get_name(), node.get_description()}:
        for line in (text or '').split('\n'):
            left = pseudo.untranslated(line).replace('(MiB)', '').strip(' .,:;“”()…')
            if re.search('[A-Za-z]{3}', left) and not SAME.match(left) \
                    and not TYPE_NAME.match(left) and not toolkits(node, left):
                yield line


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


def test_everything_is_named_and_translated():
    """In the pseudo-locale; a node is looked at where it is first seen."""
    folder = os.path.join(gui.BUILD, 'po')
    pseudo.build(folder)
    with gui.Lab(environment={'LANGUAGE': pseudo.LANGUAGE, 'LANG': 'C.UTF-8'}) as lab:
        nameless, english, seen = [], {}, set()

        def check(what):
            for node in lab.all():
                if node in seen:
                    continue
                bad = unnamed(node)
                lines = list(untranslated(node))
                seen.add(node)
                if bad:
                    nameless.append(f'{what}: {bad}')
                for line in lines:
                    english.setdefault(line, f'{what}: {node.get_role_name()} in {path(node)}')
        crawl.visit(lab, check)
        for line in nameless:
            print('# without a name:', line)
        for line, where in english.items():
            print(f'# untranslated: {line!r}: {where}')
        assert not nameless and not english, \
            f'{len(nameless)} nodes without a name, {len(english)} untranslated strings'
        assert not lab.complaints(), lab.complaints()


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


def unscrolled(node):
    """What lies below NODE and cannot be scrolled into view."""
    if node.get_role_name() not in ('scroll pane', 'page tab list'):
        yield node
        for child in gui.children(node):
            yield from unscrolled(child)


def outside(lab):
    """Buttons and entries that stick out of their window."""
    from gi.repository import Atspi
    found = []
    for window in lab.windows():
        frame = Atspi.Component.get_extents(window, Atspi.CoordType.WINDOW)
        for node in unscrolled(window):
            if node.get_role_name() not in ('push button', 'entry', 'combo box'):
                continue
            box = Atspi.Component.get_extents(node, Atspi.CoordType.WINDOW)
            # A side bar that is folded away lies wholly outside.
            if box.x >= frame.width or box.x + box.width <= 0:
                continue
            if box.width > 0 and (box.x < -2 or box.x + box.width > frame.width + 2):
                found.append(f'{node.get_name()!r} at {box.x}+{box.width} of {frame.width}')
    return found


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


class Focus:
    """Follows the focus by the events of the accessibility bus."""

    def __init__(self):
        from gi.repository import Atspi
        self.node = None
        self.listener = Atspi.EventListener.new(self.moved)
        Atspi.EventListener.register(self.listener, 'object:state-changed:focused')

    def moved(self, event):
        if event.detail1:
            self.node = event.source

    def press(self, lab, key):
        """The node that KEY moves the focus to, or None if it stays."""
        from gi.repository import GLib
        before, self.node = self.node, None
        lab.key(key)
        end = time.monotonic() + 1
        while self.node is None and time.monotonic() < end:
            while GLib.MainContext.default().iteration(False):
                pass
            time.sleep(.005)
        after, self.node = self.node, self.node or before
        return after


def test_tab_goes_round():
    """On every page: Tab always moves on; from a terminal, Ctrl+Tab does."""
    with gui.Lab() as lab:
        bad, visited, focus = [], set(), Focus()

        def check(what):
            seen, stuck = [], 0
            for _ in range(80):
                at = focus.node
                after = focus.press(lab, 'Tab') or focus.press(lab, 'ctrl+Tab')
                stuck = 0 if after else stuck + 1
                if stuck == 3:
                    bad.append(f'{what}: the focus stays on {at and path(at)}')
                    return
                if after and after in seen[:3] and len(seen) > 3:
                    visited.add(what)
                    return
                seen.append(after)
            bad.append(f'{what}: Tab does not come round')
        crawl.visit_pages(lab, check)
        report(bad, 'key traps')
        assert len(visited) == len(crawl.pages()), visited


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
