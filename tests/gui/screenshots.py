# SPDX-License-Identifier: GPL-3.0-or-later
"""screenshots.py FOLDER: a picture of every page and dialog, light, dark and in
the pseudo-locale. `./lab screenshots` calls it; somebody must look at them.

Pages are shown by the program's own action and photographed when two pictures
in a row are the same; the accessibility tree, which is slow to walk on a busy
machine, is not asked."""

import hashlib
import os
import subprocess
import sys

import crawl
import gui
import pseudo

MODES = [
    ('light', {}, 'light'),
    ('dark', {}, 'dark'),
    ('pseudo', {'LANGUAGE': pseudo.LANGUAGE, 'LANG': 'C.UTF-8'}, 'light'),
]
WINDOW = ['-window', 'root', '-crop', '1110x770+85+65', '+repage']


def photograph():
    return subprocess.run(['/usr/bin/import', *WINDOW, 'png:-'], check=True,
                          stdout=subprocess.PIPE).stdout


def settled():
    """The picture once it stands still; a guest's clock may go on for ever."""
    seen = []

    def same():
        picture = photograph()
        digest = hashlib.sha256(picture).digest()
        seen.append(digest)
        return picture if seen[-2:-1] == [digest] or len(seen) > 5 else None
    return gui.wait('the picture', same, 60)


def main():
    folder = os.path.abspath(sys.argv[1])
    gui.under_display()
    os.makedirs(folder, exist_ok=True)
    pseudo.build(os.path.join(gui.BUILD, 'po'))
    for mode, environment, appearance in MODES:
        def shoot(what, mode=mode):
            picture = settled()
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
            for name, _ in crawl.pages():
                crawl.show_page(lab, name)
                shoot(name)
            crawl.show_page(lab, 'console')
            for what, key in crawl.DIALOGS:
                lab.key(key)
                shoot(what.removeprefix('the ').replace(' ', '-').lower())
                lab.key('Escape')
                settled()


if __name__ == '__main__':
    main()
