# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine's life in the window: create, start, type, pause, stop, delete.

The guest is the built-in one. Its screen is read as a screen reader reads it:
the text cells are the accessible description of the picture.
"""

import re
import time

import gui

STILL_S = 1.5  # the guest counts 18.2 ticks a second


def screen(lab, name):
    return lab.find('image', f'Screen of “{name}”')


def text(lab, name='Machine'):
    return screen(lab, name).get_description() or ''


def until(lab, wanted, name='Machine', patience=60):
    return gui.wait(f'{wanted!r} on the screen of {name}',
                    lambda: re.search(wanted, text(lab, name)), patience)


def ticks(lab, name='Machine'):
    found = re.search(r'Timer ticks\s+(\d+)', text(lab, name))
    return int(found.group(1)) if found else 0


def ticking(lab, name='Machine'):
    before = gui.wait('ticks', lambda: ticks(lab, name), 60)
    return gui.wait('the ticks to go on', lambda: ticks(lab, name) > before and ticks(lab, name))


def start_new(lab, name=None):
    """Two clicks from nothing to a machine that runs."""
    lab.press('push button', 'New Machine')
    lab.find('push button', 'Create and Start')
    if name:
        lab.key('ctrl+a')
        lab.type(name)
    lab.press('push button', 'Create and Start')
    name = name or 'Machine'
    lab.find('list item', f'{name}, Running', 60)
    until(lab, 'Simple Boot guest', name)


def capture(lab, name='Machine'):
    """Click until the guest has the keyboard: the window says so."""
    lab.click(screen(lab, name))
    lab.find('label', 'Press Right Ctrl to release the keyboard')


def release(lab):
    gui.xdo('key', 'Control_R')
    lab.find('label', 'Click the screen')


def test_a_machines_life():
    gui.backend()
    with gui.Lab() as lab:
        start_new(lab)
        ticking(lab)

        capture(lab)
        lab.type('hello guest')
        until(lab, 'hello guest')
        release(lab)
        lab.key('F9')
        lab.key('F9')  # the window's again, not the guest's

        lab.press('push button', 'Pause')
        lab.find('list item', 'Machine, Paused')
        lab.find('label', 'Paused')
        # The last frame before the pause may still be on its way.
        gui.wait('the picture to settle', lambda: settled(lab))
        still = ticks(lab)
        end = time.monotonic() + STILL_S
        gui.wait('the ticks to stand still', lambda: time.monotonic() > end)
        assert ticks(lab) == still, 'a paused machine ticks'

        lab.press('push button', 'Resume')
        lab.find('list item', 'Machine, Running')
        assert ticking(lab) > still
        until(lab, 'hello guest')

        # This guest does not know the power button: progress, and a way out.
        lab.press('push button', 'Shut Down')
        lab.find('label', 'Shut down “Machine”')
        lab.press('push button', 'Cancel')
        lab.action('win.force-stop')
        lab.find('list item', 'Machine, Stopped')
        lab.enabled('push button', 'Start')

        lab.click(lab.find('list item', 'Machine, Stopped'))
        lab.key('Delete')
        lab.gone('list item', 'Machine, Stopped')
        lab.press('push button', 'Undo')
        lab.find('list item', 'Machine, Stopped')
        lab.click(lab.find('list item', 'Machine, Stopped'))
        lab.key('Delete')
        lab.find('label', 'Your Lab Is Empty')
        assert not lab.complaints(), lab.complaints()


def settled(lab):
    one = ticks(lab)
    end = time.monotonic() + .5
    while time.monotonic() < end:
        if ticks(lab) != one:
            return False
        time.sleep(.05)
    return True


def test_two_machines_at_once():
    gui.backend()
    with gui.Lab() as lab:
        start_new(lab, 'One')
        capture(lab, 'One')
        lab.type('first')
        until(lab, 'first', 'One')
        release(lab)
        start_new(lab, 'Two')
        capture(lab, 'Two')
        lab.type('second')
        until(lab, 'second', 'Two')
        release(lab)
        assert 'first' not in text(lab, 'Two')
        lab.click(lab.find('list item', 'One, Running'))
        until(lab, 'first', 'One')
        assert 'second' not in text(lab, 'One')
        ticking(lab, 'One')
        lab.press('push button', 'Pause')
        lab.find('list item', 'One, Paused')
        lab.click(lab.find('list item', 'Two, Running'))
        ticking(lab, 'Two')
        assert not lab.complaints(), lab.complaints()


def test_closing_while_running_asks():
    gui.backend()
    with gui.Lab() as lab:
        start_new(lab)
        lab.key('alt+F4')
        lab.find('label', 'Stop 1 Running Machine?')
        lab.press('push button', '_Cancel')
        lab.gone('label', 'Stop 1 Running Machine?')
        ticking(lab)
        lab.key('ctrl+q')
        lab.find('label', 'Stop 1 Running Machine?')
        lab.press('push button', '_Stop and Close')
        assert lab.ended() == 0
        lab.start()
        lab.find('list item', 'Machine, Stopped')
        assert not lab.complaints(), lab.complaints()


def test_keys_and_pictures():
    gui.backend()
    with gui.Lab() as lab:
        start_new(lab)
        # With the keyboard alone: focus the screen, Return, type, host key.
        node = screen(lab, 'Machine')
        gui.wait('the screen to have the focus', lambda: gui.has_state(node, 'FOCUSED'))
        lab.key('Return')
        lab.find('label', 'Press Right Ctrl to release the keyboard')
        lab.type('keys')
        until(lab, 'keys')
        lab.press('push button', 'Release the Keyboard')
        lab.find('label', 'Click the screen')
        lab.key('F11')
        gui.wait('no list on the full screen', lambda: full(lab))
        lab.key('F11')
        gui.wait('the list again', lambda: not full(lab))
        for scaling in ('integer', 'one', 'fit'):
            lab.act(lab.find('push button', 'Picture Picture'))
            titles = {'integer': 'Whole Multiples', 'one': 'Pixel by Pixel',
                      'fit': 'Fit the Window'}
            item = gui.wait('the menu', lambda: next(
                (n for n in lab.all(None, titles[scaling])
                 if 'menu item' in n.get_role_name()), None))
            lab.act(item)
            ticking(lab)
        assert not lab.complaints(), lab.complaints()


def test_serial_terminal():
    gui.backend()
    with gui.Lab() as lab:
        start_new(lab)
        lab.key('alt+2')
        terminal = lab.find(None, 'COM1 of “Machine”')
        gui.wait('what the guest said before', lambda: 'guest ready' in (terminal.get_description() or ''))
        lab.click(terminal)
        lab.type('over the wire')
        gui.wait('the echo on the wire', lambda: 'over the wire' in (terminal.get_description() or ''))
        lab.key('alt+1')
        until(lab, 'over the wire')
        assert not lab.complaints(), lab.complaints()


def full(lab):
    width, height = gui.xdo('getwindowgeometry', '--shell', lab.window_id('MultiOS Lab')).split()[3:5]
    display = gui.xdo('getdisplaygeometry').split()
    return [width.split('=')[1], height.split('=')[1]] == display


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
