# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page and dialog of the program, one after the other.

Pages are read from app/pages.c, so a new one is visited without being named
here.  Works in every language: things are found by role and shortcut.
"""

import os
import re
import subprocess

import gui

TOML = 'name = "Visited"\nmemory_mb = 32\n[boot]\nguest = "simple-boot"\n'
# Key, how to know it is there: another window of the program, or a menu.
DIALOGS = [
    ('the New Machine dialog', 'ctrl+n'),
    ('the settings of a machine', 'alt+Return'),
    ('the preferences', 'ctrl+comma'),
    ('the shortcuts', 'ctrl+question'),
]


def pages():
    """Of (id, whether of the lab)."""
    with open(os.path.join(gui.ROOT, 'app', 'pages.c')) as file:
        table = file.read().partition('mos_pages[] = {')[2]
    return [(name, scope == 'LAB') for name, scope in
            re.findall(r'\{\s*"([a-z-]+)",.*?MOS_PAGE_(MACHINE|LAB)', table, re.S)]


def show_page(lab, name):
    subprocess.run(['gapplication', 'action', 'org.multios.Lab', 'show-page', f"'{name}'"],
                   env=lab.env, check=True)


def dialogs(lab):
    return lab.windows()


def add_machine(lab, running=False):
    path = os.path.join(lab.home, 'visited.toml')
    with open(path, 'w') as file:
        file.write(TOML)
    subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
    lab.find('list item', 'Visited, ')
    if running:
        subprocess.run([os.path.join(gui.BUILD, 'app', 'multios'), 'start', 'Visited'],
                       env=lab.env, check=True)
        gui.wait('the guest', lambda: 'Timer ticks' in (lab.find(
            'image', 'Visited').get_description() or ''), 60)


def settle(lab):
    """Until the tree of the window is of the same size twice."""
    seen = [None]

    def same():
        before, seen[0] = seen[0], len(lab.all())
        return seen[0] == before
    gui.wait('the window to settle', same, 90)


def patient(check):
    """CHECK, done again when a node went away while it was read."""
    from gi.repository import GLib

    def again(what):
        for _ in range(5):
            try:
                return check(what)
            except GLib.GError:
                pass
        return check(what)
    return again


def visit_pages(lab, check, running=False):
    """Calls CHECK (what) on every page."""
    check = patient(check)
    add_machine(lab, running)
    for name, _ in pages():
        show_page(lab, name)
        settle(lab)
        check(f'the page {name}')


def visit(lab, check, running=False):
    """Calls CHECK (what) on every page and dialog."""
    check = patient(check)
    settle(lab)
    check('the empty window')
    visit_pages(lab, check, running)
    show_page(lab, 'console')
    for what, key in DIALOGS:
        open_dialog(lab, lambda k=key: lab.key(k))
        check(what)
        close_dialog(lab)
    for action, what in (('about', 'about'),):
        open_dialog(lab, lambda a=action: subprocess.run(
            ['gapplication', 'action', 'org.multios.Lab', a], env=lab.env, check=True))
        check(what)
        close_dialog(lab)
    lab.key('F10')
    gui.wait('the main menu', lambda: lab.all('menu item'))
    check('the main menu')
    lab.key('Escape')


def open_dialog(lab, how):
    before = len(dialogs(lab))
    how()
    gui.wait('the dialog', lambda: len(dialogs(lab)) > before)
    settle(lab)


def close_dialog(lab):
    before = len(dialogs(lab))
    lab.key('Escape')
    gui.wait('the dialog to go', lambda: len(dialogs(lab)) < before)
