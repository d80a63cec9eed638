# SPDX-License-Identifier: GPL-3.0-or-later
"""screenshots.py FOLDER: a picture of every page and dialog, light, dark, with
high contrast, in the pseudo-locale and from right to left. `./lab screenshots`
calls it; somebody must look at them.

Pages are shown by the program's own action and photographed when two pictures
in a row are the same; the accessibility tree, which is slow to walk on a busy
machine, is not asked."""

import hashlib
import os
import re
import subprocess
import sys

import crawl
import gui
import pseudo

MODES = [
    ('light', {}, 'light'),
    ('dark', {}, 'dark'),
    ('contrast', {'ADW_DEBUG_HIGH_CONTRAST': '1'}, 'light'),
    ('contrast-dark', {'ADW_DEBUG_HIGH_CONTRAST': '1'}, 'dark'),
    ('pseudo', {'LANGUAGE': pseudo.LANGUAGE}, 'light'),
    # The toolkit's own catalogue says that Arabic goes from right to left.
    ('mirrored', {'LANGUAGE': pseudo.LANGUAGE + ':ar'}, 'light'),
]
# Where tests/with-display and its window manager put a window of that size.
WINDOW = ['-window', 'root', '-crop', '1110x770+85+65', '+repage']


def photograph():
    return subprocess.run(['/usr/bin/import', *WINDOW, 'png:-'], check=True,
                          stdout=subprocess.PIPE).stdout


def settled(last):
    """The picture once it stands still and is another than the last one; a guest's
    clock may go on for ever. LAST: a list of the digest of the last one."""
    seen = []

    def same():
        picture = photograph()
        digest = hashlib.sha256(picture).digest()
        if digest == last[0]:
            return None
        seen.append(digest)
        return picture if seen[-2:-1] == [digest] or len(seen) > 5 else None
    picture = gui.wait('another picture', same, 60)
    last[0] = hashlib.sha256(picture).digest()
    return picture


def page(lab):
    """The page that the window shows, by its action's state."""
    answer = subprocess.run(
        ['gdbus', 'call', '--session', '--dest', 'org.multios.Lab', '--object-path',
         '/org/multios/Lab/window/1', '--method', 'org.gtk.Actions.Describe', 'page'],
        env=lab.env, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return (re.findall(r"<'([a-z-]+)'>", answer.stdout) or [None])[0]


def visit(lab, shoot):
    for name, _ in crawl.pages():
        crawl.show_page(lab, name)
        gui.wait(f'the page {name}', lambda: page(lab) == name, 60)  # noqa: B023 at once
        shoot(name)
    crawl.show_page(lab, 'console')
    gui.wait('the console', lambda: page(lab) == 'console', 60)
    lab.action_by_bus('learn')
    shoot('labs')
    lab.action_by_bus('learn')
    for what, how in [*((what, lambda k=key: lab.key(k)) for what, key in crawl.DIALOGS),
                      ('about', lambda: lab.action_by_bus('about', False))]:
        before = len(lab.shown())
        how()
        gui.wait(what, lambda: len(lab.shown()) > before, 60)  # noqa: B023 at once
        shoot(what.removeprefix('the ').replace(' ', '-').lower())
        lab.key('Escape')
        gui.wait('it to go', lambda: len(lab.shown()) == before, 60)  # noqa: B023 at once


def main():
    folder = os.path.abspath(sys.argv[1])
    gui.under_display()
    os.makedirs(folder, exist_ok=True)
    pseudo.build(os.path.join(gui.BUILD, 'po'))
    for mode, environment, appearance in MODES:
        last = [None]

        def shoot(what, mode=mode, last=last):
            picture = settled(last)
            path = os.path.join(folder, f'{what}-{mode}.png')
            with open(path, 'wb') as file:
                file.write(picture)
            print(path, flush=True)

        with gui.Lab(environment=environment) as lab:
            subprocess.run(['gsettings', 'set', 'org.multios.Lab', 'appearance', appearance],
                           env=lab.env, check=True)
            shoot('empty')
            path = os.path.join(lab.home, 'visited.toml')
            with open(path, 'w') as file:
                file.write(crawl.TOML)
            subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
            gui.wait('the start', lambda: subprocess.run(
                [os.path.join(gui.BUILD, 'app', 'multios'), 'start', 'Visited'], env=lab.env,
                stderr=subprocess.DEVNULL, check=False).returncode == 0, 60)
            visit(lab, shoot)


if __name__ == '__main__':
    main()
