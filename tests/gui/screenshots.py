# SPDX-License-Identifier: GPL-3.0-or-later
"""screenshots.py FOLDER: a picture of every page and dialog, light, dark and in
the pseudo-locale. `./lab screenshots` calls it; somebody must look at them."""

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


def main():
    folder = os.path.abspath(sys.argv[1])
    if 'DISPLAY' not in os.environ:
        gui.under_display()
    os.makedirs(folder, exist_ok=True)
    pseudo.build(os.path.join(gui.BUILD, 'po'))
    for mode, environment, appearance in MODES:
        with gui.Lab(environment=environment) as lab:
            subprocess.run(['gsettings', 'set', 'org.multios.Lab', 'appearance', appearance],
                           env=lab.env, check=True)

            def shoot(what, mode=mode):
                name = what.removeprefix('the ').removeprefix('page ').replace(' ', '-').lower()
                path = os.path.join(folder, f'{name}-{mode}.png')
                subprocess.run(['/usr/bin/import', '-window', 'root', '-crop', '1110x770+85+65',
                                '+repage', path], check=True)
                print(path, flush=True)
            crawl.visit(lab, shoot, running=True)


if __name__ == '__main__':
    main()
