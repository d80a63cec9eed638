# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab in the sidebar: opened, worked through by clicking and typing, with a
wrong answer, hints, “show me”, and progress that is there after a restart."""

import os
import re
import subprocess
import time

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
    lab.use('push button', 'Next Step')
    gui.wait(f'the step after {here}', lambda: step(lab) not in ('', here))


def test_simple_boot():
    gui.backend()
    with gui.Lab() as lab:
        lab.key('F8')
        lab.find('label', 'Beginner')
        picture('list')
        lab.click(lab.find('list item', 'Simple Boot'))
        lab.find('label', 'Step 1 of 9')
        lab.find('label', 'The machine has not been created yet')
        picture('first')
        lab.use('push button', 'Create the machine')
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

        lab.use('push button', 'Hint')
        lab.find('label', 'the triangle in the window')
        lab.use('push button', 'Show Me')
        # For some seconds: one walk through the tree has to find both.
        marks = {'This starts the machine, or lets it go on', 'The way there'}
        gui.wait('the mark and the way there',
                 lambda: marks <= {n.get_name() for n in lab.each()})
        picture('show-me')
        lab.use('push button', 'Start the machine')
        done(lab)
        picture('started')
        lab.find('list item', 'Simple Boot, Running')
        for _ in range(3):
            forward(lab)
        lab.find('label', 'Step 6 of 9')
        lab.use('push button', 'Do It for Me')
        done(lab)
        lab.use('push button', 'All Labs')
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
        lab.use('push button', 'Reset Step')
        lab.find('label', 'The question “')
        picture('again')
        # Done for the learner, the right answers are chosen.
        lab.use('push button', 'Do It for Me')
        done(lab)
        gui.wait('the right answers', lambda: [
            n.get_name() for n in lab.each() if gui.has_state(n, 'CHECKED')]
            == ['From the firmware, at the top of the first 4 GiB', 'Real mode'])
        assert not lab.complaints(), lab.complaints()


def test_device_and_its_panel():
    gui.backend()
    with gui.Lab() as lab:
        lab.key('F8')
        lab.click(lab.find('list item', 'Device Interaction'))
        lab.use('push button', 'Create and start the machine')
        done(lab)
        forward(lab)
        lab.use('push button', 'Do It for Me')
        done(lab)
        lab.key('alt+6')
        lights = lab.find(None, 'Lights')
        gui.wait('the lights', lambda: lights.get_description() == 'Lights ff')
        ones = len(lab.all('label', '00000001'))
        lab.click(lab.find(None, 'Switch 0'))
        gui.wait('the switch', lambda: len(lab.all('label', '00000001')) > ones)
        picture('panel')
        assert not lab.complaints(), lab.complaints()


def toggle(lab, title):
    """The switch of that name; a row and its words have other actions."""
    from gi.repository import Atspi

    def find():
        for node in lab.each(None, title):
            for i in range(Atspi.Action.get_n_actions(node)):
                if Atspi.Action.get_action_name(node, i) == 'toggle' or \
                        'switch' in Atspi.Action.get_action_description(node, i):
                    return node, i
        return None
    node, i = gui.wait(f'the switch of {title}', find)
    Atspi.Action.do_action(node, i)


def menu(lab, button, item):
    lab.press('push button', button)
    lab.act(lab.find('menu item', item))


def test_class():
    """A teacher chooses one lab and begins; the room is cleaned, and that is
    undone; the class ends on the command line."""
    gui.backend()
    with gui.Lab() as lab:
        program = os.path.join(gui.BUILD, 'app', 'multios')
        lab.key('F8')
        lab.find('list item', 'Device Interaction')
        menu(lab, 'Class', 'Begin a Class')
        lab.find('label', 'Labs That Are Open')
        picture('class-dialog')
        for title in ('Device Interaction', 'Multi-OS Comparison', 'Research Projects'):
            toggle(lab, title)
        lab.act(lab.find('push button', 'Begin'))
        lab.find('label', 'Class: My class')
        lab.find('label', '45 minutes left')
        lab.gone('list item', 'Device Interaction')
        picture('class-list')

        lab.click(lab.find('list item', 'Simple Boot'))
        lab.act(lab.find('push button', 'Create the machine'))
        done(lab)
        subprocess.run([program, 'tutorial', 'class', 'reset', '--yes'], env=lab.env, check=True)
        lab.gone('list item', 'Simple Boot, Stopped')
        lab.find('label', '30 minutes, 0 of 9 steps done')
        picture('class-clean')
        lab.use('push button', 'Undo')
        lab.find('list item', 'Simple Boot, Stopped')
        lab.find('label', '30 minutes, 1 of 9 steps done')

        out = subprocess.run([program, 'tutorial', 'export', '--name', 'Ada'], env=lab.env,
                             check=True, text=True, stdout=subprocess.PIPE).stdout
        assert '"name" : "My class"' in out, out
        subprocess.run([program, 'tutorial', 'class', 'end'], env=lab.env, check=True)
        lab.gone('label', 'Class: My class')
        lab.find('list item', 'Device Interaction')
        assert not lab.complaints(), lab.complaints()


def test_notes_and_jumps():
    """A note stays at its step; any step can be gone to; a reset is undone."""
    gui.backend()
    with gui.Lab() as lab:
        open_lab(lab, 'Simple Boot')
        lab.act(lab.find('push button', 'Create the machine'))
        done(lab)
        forward(lab)
        lab.press('push button', 'All steps')
        lab.act(lab.find('push button', '1. Create a machine, done'))
        lab.find('label', 'Step 1 of 9')
        menu(lab, 'Lab Menu', 'Begin This Lab Anew')
        lab.gone('list item', 'Simple Boot, Stopped')
        picture('anew')
        lab.use('push button', 'Undo')
        lab.find('list item', 'Simple Boot, Stopped')
        done(lab)
        assert not lab.complaints(), lab.complaints()


def note(lab):
    """The text of the note at the step that is shown, opened if it is closed."""
    return lab.find(None, 'Notes at this step')


def test_note_after_a_restart():
    """What was written last is there again, at its step and at no other."""
    with gui.Lab() as lab:
        open_lab(lab, 'Simple Boot')
        lab.act(next(n for n in lab.each(None, 'Notes') if n.get_name() == 'Notes'
                     and n.get_role_name() != 'label'))
        gui.wait('the focus', lambda: gui.has_state(note(lab), 'FOCUSED'))
        picture('note')
        lab.type('64 MiB, one processor')
        gui.wait('the note', lambda: gui.text_of(note(lab)) == '64 MiB, one processor')
        lab.key('ctrl+q')
        assert lab.ended() == 0
        lab.start()
        open_lab(lab, 'Simple Boot')
        gui.wait('the note again', lambda: gui.text_of(note(lab)) == '64 MiB, one processor')
        forward(lab)
        assert not any(gui.text_of(n) for n in lab.each(None, 'Notes at this step'))
        assert not lab.complaints(), lab.complaints()


def test_time_box():
    """The side bar follows the clock of a class, and says when it is over."""
    with gui.Lab() as lab:
        folder = os.path.join(lab.home, 'config', 'multios-lab')
        os.makedirs(folder, exist_ok=True)

        def until(seconds):
            end = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + seconds))
            with open(os.path.join(folder, 'class.new'), 'w') as file:
                file.write(f'name = "Group 3"\nlabs = ["simple-boot"]\nuntil = {end}\n')
            os.rename(file.name, os.path.join(folder, 'class.toml'))

        until(3600 * 5 - 30)
        lab.key('F8')
        lab.find('label', 'Class: Group 3')
        lab.find('label', '300 minutes left')
        assert not lab.all('list item', 'Device Interaction')
        until(-1)
        lab.find('label', 'The time is over')
        picture('time-over')
        os.unlink(os.path.join(folder, 'class.toml'))
        lab.find('list item', 'Device Interaction')
        lab.gone('label', 'The time is over')
        assert not lab.complaints(), lab.complaints()


def test_export():
    """Progress as JSON, in a name that needs care, as a table, and nowhere."""
    with gui.Lab() as lab:
        lab.key('F8')
        lab.find('list item', 'Device Interaction')
        for button, name, begin in (('Save…', 'p "ü".json', '{'),
                                    ('Save as Table…', 'p.csv', 'learner,class,lab,'),
                                    ('Save…', '/proc/p.json', None)):
            path = os.path.join(lab.home, name)
            menu(lab, 'Class', 'Export Progress')
            lab.use('push button', button)
            lab.save_as('Save Progress', path)
            lab.find('label', path)
            if begin is None:
                assert not os.path.exists(path)
                continue
            with open(path) as file:
                assert file.read().startswith(begin), path
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


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
