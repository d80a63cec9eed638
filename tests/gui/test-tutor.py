# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab in the sidebar: opened, worked through by clicking and typing, with a
wrong answer, hints, “show me”, and progress that is there after a restart."""

import os
import re
import subprocess

import gui

PICTURES = os.environ.get('MOS_GUI_PICTURES')


def picture(name):
    if PICTURES:
        subprocess.run(['/usr/bin/import', '-window', 'root',
                        os.path.join(PICTURES, f'tutor-{name}.png')], check=False)


def open_lab(lab, title):
    lab.key('F8')
    row = lab.find('list item', title)
    lab.click(row)
    lab.find('label', 'Step ')


def done(lab):
    lab.find('label', 'Done.', 60)


def step(lab):
    """What the side bar says: "Step 3 of 9"."""
    return next((n.get_name() for n in lab.each('label') if
                 re.match(r'Step \d+ of', n.get_name() or '')), '')


def forward(lab):
    here = gui.wait('a step', lambda: step(lab))
    lab.act(lab.enabled('push button', 'Next Step'))
    gui.wait(f'the step after {here}', lambda: step(lab) not in ('', here))


def test_simple_boot():
    gui.backend()
    with gui.Lab() as lab:
        lab.key('F8')
        lab.find('label', 'Beginner')
        picture('list')
        lab.click(lab.find('list item', 'Simple Boot'))
        lab.find('label', 'Step 1 of 9')
        lab.find('label', 'machine.exists is false')
        picture('first')
        lab.act(lab.enabled('push button', 'Create the machine'))
        done(lab)
        lab.find('list item', 'Simple Boot, Stopped')
        forward(lab)

        # A wrong answer says why, and leaves the step undone.
        lab.click(lab.find('check box', 'Nothing at all') if lab.all('check box', 'Nothing at all')
                  else lab.find('radio button', 'Nothing at all'))
        lab.find('label', 'No. Its description')
        assert not lab.all('label', 'Done.')
        picture('wrong')
        lab.click(lab.find('check box', 'Its description and its disks')
                  if lab.all('check box', 'Its description and its disks')
                  else lab.find('radio button', 'Its description and its disks'))
        done(lab)
        forward(lab)

        lab.act(lab.enabled('push button', 'Hint'))
        lab.find('label', 'the triangle in the window')
        lab.act(lab.enabled('push button', 'Show Me'))
        lab.find('label', 'This starts the machine')
        picture('show-me')
        lab.act(lab.enabled('push button', 'Start the machine'))
        done(lab)
        picture('started')
        lab.find('list item', 'Simple Boot, Running')
        for _ in range(3):
            forward(lab)
        lab.find('label', 'Step 6 of 9')
        lab.act(lab.enabled('push button', 'Do It for Me'))
        done(lab)
        lab.act(lab.enabled('push button', 'All Labs'))
        lab.find('label', '30 minutes, 4 of 9 steps done')
        lab.action('win.force-stop')
        lab.find('list item', 'Simple Boot, Stopped')
        lab.key('ctrl+q')
        assert lab.ended() == 0
        lab.start()
        lab.key('F8')
        lab.find('label', '30 minutes, 4 of 9 steps done')
        lab.click(lab.find('list item', 'Simple Boot, 30'))
        # The first step that is left.
        lab.find('label', 'Step 4 of 9')
        lab.act(lab.enabled('push button', 'Reset Step'))
        lab.find('label', 'The question “')
        picture('again')
        assert not lab.complaints(), lab.complaints()


def test_device_and_its_panel():
    gui.backend()
    with gui.Lab() as lab:
        lab.key('F8')
        lab.click(lab.find('list item', 'Device Interaction'))
        lab.act(lab.enabled('push button', 'Create and start the machine'))
        done(lab)
        forward(lab)
        lab.act(lab.enabled('push button', 'Do It for Me'))
        done(lab)
        lab.key('alt+6')
        lights = lab.find(None, 'Lights')
        gui.wait('the lights', lambda: lights.get_description() == 'Lights ff')
        ones = len(lab.all('label', '00000001'))
        lab.click(lab.find(None, 'Switch 0'))
        gui.wait('the switch', lambda: len(lab.all('label', '00000001')) > ones)
        picture('panel')
        assert not lab.complaints(), lab.complaints()


def test_lab_in_one_file():
    """Opened from outside it is added and shown. (A changed one is refused: see
    test-bundle; messages that pass are gone before a busy host has looked.)"""
    with gui.Lab() as lab:
        folder = os.path.join(lab.home, 'parcel')
        path = os.path.join(lab.home, 'parcel.mlab')
        for words in (['new', folder], ['pack', folder, '--author', 'Ada', '--output', path]):
            subprocess.run([os.path.join(gui.BUILD, 'app', 'multios'), 'tutorial', *words],
                           env=lab.env, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
        lab.find('label', 'Step 1 of 1')
        picture('bundle')
        assert not lab.complaints(), lab.complaints()


def test_marks_point_at_something():
    """Every id that a lab's “show me” uses is in the window."""
    gui.backend()
    with gui.Lab() as lab:
        root = os.path.join(gui.ROOT, 'tutorials', 'labs')
        used = set()
        for name in sorted(os.listdir(root)):
            path = os.path.join(root, name, 'lab.md')
            if os.path.exists(path):
                used |= set(re.findall(r'^```show (\S+)', open(path).read(), re.M))
        with open(os.path.join(gui.ROOT, 'app', 'coach.c')) as file:
            known = set(re.findall(r'^  \{ "([a-z-]+)", N_', file.read(), re.M))
        assert used <= known, f'no such coach marks: {used - known}'
        assert not lab.complaints(), lab.complaints()



gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
