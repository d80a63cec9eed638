# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialogs of the program itself, by the keyboard: preferences, help,
shortcuts, about."""

import os
import re
import subprocess
from urllib.parse import unquote

import gui

TABS = 40
HELP = os.path.join(gui.ROOT, 'data', 'help', 'index.html')


def focused(root):
    return next((n.get_name() or '' for n in gui.walk(root) if gui.has_state(n, 'FOCUSED')), '')


def tab_to(lab, root, name):
    """Tab until what is called NAME has the focus."""
    for _ in range(TABS):
        before = gui.wait('a focus', lambda: focused(root))
        if name in before:
            return
        lab.key('Tab')
        gui.wait('the focus to go on', lambda b=before: focused(root) not in ('', b))
    raise AssertionError(f'Tab does not come to {name!r}')


def is_dark(lab):
    """The middle of the window, where the background is."""
    out = subprocess.run(['/usr/bin/import', '-window', lab.window_id('MultiOS Lab'), '-gravity',
                          'south', '-crop', '40x20+0+60', '-colorspace', 'gray', '-format',
                          '%[fx:mean]', 'info:'], text=True, stdout=subprocess.PIPE, check=False)
    return float(out.stdout or 1) < .5


def test_a_preference_stays():
    with gui.Lab() as lab:
        assert not is_dark(lab)
        lab.key('ctrl+comma')
        window = lab.find('dialog', 'Preferences')
        tab_to(lab, window, 'Appearance')
        lab.key('space')
        gui.wait('the choices', lambda: len(lab.all('label', 'Dark', window)) > 0)
        lab.key('Down', 'Down', 'Return')
        gui.wait('a dark window', lambda: is_dark(lab))
        tab_to(lab, window, 'Sampling Interval')
        lab.key('ctrl+a')
        lab.type('500')
        tab_to(lab, window, 'Keep Samples')
        lab.key('Escape')
        lab.gone('dialog', 'Preferences')
        lab.key('ctrl+q')
        assert lab.ended() == 0
        lab.start()
        gui.wait('a dark window again', lambda: is_dark(lab))
        lab.key('ctrl+comma')
        row = lab.find('combo box', 'Appearance')
        lab.find('label', 'Dark', root=row)
        spin = lab.find('spin button', 'Sampling Interval')
        assert gui.text_of(spin) == '500', gui.text_of(spin)
        assert not lab.complaints(), lab.complaints()


def browser(lab):
    """Another program for web pages, which writes down what it is to show."""
    seen = os.path.join(lab.home, 'shown')
    script = os.path.join(lab.home, 'browser')
    with open(script, 'w') as file:
        file.write(f'#!/bin/sh\necho "$1" >{seen}.new && mv {seen}.new {seen}\n')
    os.chmod(script, 0o755)
    applications = os.path.join(lab.home, 'data', 'applications')
    os.makedirs(applications, exist_ok=True)
    with open(os.path.join(applications, 'browser.desktop'), 'w') as file:
        file.write('[Desktop Entry]\nType=Application\nName=Browser\n'
                   f'Exec={script} %u\nMimeType=text/html;\n')
    config = os.path.join(lab.home, 'config')
    os.makedirs(config, exist_ok=True)
    with open(os.path.join(config, 'mimeapps.list'), 'w') as file:
        file.write('[Default Applications]\ntext/html=browser.desktop\n'
                   '[Added Associations]\ntext/html=browser.desktop;\n')
    return seen


def test_help_is_here():
    """F1 shows a file of this computer; what it points at is in it."""
    with gui.Lab() as lab:
        seen = browser(lab)
        lab.key('F1')
        gui.wait('the help', lambda: os.path.exists(seen))
        with open(seen) as file:
            path = unquote(file.read().strip().removeprefix('file://'))
        assert os.path.samefile(path, HELP), path
        with open(path) as file:
            text = file.read()
        places = set(re.findall(r'\bid="([^"]+)"', text))
        links = re.findall(r'\bhref="([^"]*)"', text)
        assert len(links) > 5, links
        for link in links:
            assert link[0] == '#' and link[1:] in places, f'{link} leads nowhere'
        assert not re.search(r'\bsrc=|@import|url\(', text), 'something from elsewhere'
        assert not lab.complaints(), lab.complaints()


def titles():
    """Of every action and page with a key, from the tables of the program."""
    with open(os.path.join(gui.ROOT, 'app', 'actions.c')) as file:
        table = file.read().partition('mos_actions[] = {')[2].partition('{ NULL },')[0]
    with open(os.path.join(gui.ROOT, 'app', 'pages.c')) as file:
        pages = file.read().partition('mos_pages[] = {')[2]
    return (re.findall(r'N_ \("[^"]+"\),\s*N_ \("([^"]+)"\)', table),
            re.findall(r'\{ "\w+", N_ \("([^"]+)"\)[^{}]*"<Alt>', pages))


def test_shortcuts_are_all_there():
    actions, pages = titles()
    assert len(actions) > 20 and len(pages) > 5, (actions, pages)
    with gui.Lab() as lab:
        lab.key('ctrl+question')
        window = lab.find(None, 'Shortcuts')

        def missing():
            shown = {n.get_name() for n in lab.all('label', root=window)}
            return [title for title in actions + pages if title not in shown]
        gui.wait('all titles', lambda: not missing() or print('#', missing()))
        lab.key('Escape')
        lab.gone(None, 'Shortcuts')
        assert not lab.complaints(), lab.complaints()


def test_about_knows_the_host():
    version = subprocess.run([os.path.join(gui.BUILD, 'app', 'multios'), '--version'], text=True,
                             stdout=subprocess.PIPE, check=True).stdout.split()[-1]
    with gui.Lab() as lab:
        lab.action_by_bus('about', False)
        window = lab.find('dialog', 'About')
        lab.find('push button', version, root=window)
        lab.click(lab.find('list item', 'Troubleshooting', root=window))
        lab.click(lab.find('list item', 'Debugging Information', root=window))
        text = lab.find('text', 'Text', root=window)
        gui.wait('what the program knows', lambda: all(
            wanted in gui.text_of(text) for wanted in
            (f'MultiOS Lab {version}', 'GTK 4.', 'Software CPU', 'Renderer')))
        assert not lab.complaints(), lab.complaints()


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
