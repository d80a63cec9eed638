# SPDX-License-Identifier: GPL-3.0-or-later
"""An appliance of another program becomes a machine that starts; a damaged one
is refused and leaves nothing. And the detached viewer shows a machine."""

import os
import re
import subprocess

import gui
import ova

# Prints "ok!" through INT 10h and halts.
SECTOR = (b'\xb4\x0e' + b''.join(b'\xb0' + bytes([c]) + b'\xcd\x10' for c in b'imported ok!')
          + b'\xf4\xeb\xfd')


def disk():
    return SECTOR.ljust(510, b'\0') + b'\x55\xaa' + bytes(4 * 1024 * 1024 - 512)


def left_over(lab):
    folder = os.path.join(lab.home, 'data', 'multios-lab')
    return [n for n in os.listdir(folder) if n.startswith('import-')] \
        if os.path.isdir(folder) else []


def test_an_appliance_starts():
    gui.backend()
    with gui.Lab() as lab:
        path = os.path.join(lab.home, 'box.ova')
        ova.write(path, 'From Elsewhere', disk())
        subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
        lab.find('label', '“From Elsewhere” imported')
        lab.find('list item', 'From Elsewhere, Stopped')
        lab.key('alt+4')
        lab.find('label', '64 MiB')
        assert not left_over(lab)
        lab.key('alt+1')
        lab.press('push button', 'Start')
        screen = lab.find('image', 'Screen of “From Elsewhere”', 60)
        gui.wait('its text', lambda: 'imported ok!' in (screen.get_description() or ''), 60)
        assert not lab.complaints(), lab.complaints()


def test_damaged_appliances_leave_nothing():
    with gui.Lab() as lab:
        path = os.path.join(lab.home, 'box.ova')
        ova.write(path, 'Broken', disk())
        with open(path, 'rb') as file:
            good = file.read()
        with open(path, 'wb') as file:
            file.write(good[:40000])
        subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
        lab.find('label', 'the archive is damaged or cut off')
        assert not lab.all('list item', 'Broken')
        assert not left_over(lab)


def windows(lab, name):
    # xdotool cannot read the title of an SDL window under C.UTF-8; xprop can.
    found = subprocess.run(['xdotool', 'search', '--onlyvisible', '--pid', str(lab.process.pid)],
                           text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           check=False).stdout.split()
    return [w for w in found if name in subprocess.run(
        ['xprop', '-id', w, '_NET_WM_NAME'], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=False).stdout]


def test_the_detached_viewer():
    gui.backend()
    with gui.Lab() as lab:
        path = os.path.join(lab.home, 'box.toml')
        with open(path, 'w') as file:
            file.write('name = "Box"\nmemory_mb = 32\n[boot]\nguest = "simple-boot"\n')
        subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
        lab.find('list item', 'Box, Stopped')
        lab.press('push button', 'Start')
        screen = lab.find('image', 'Screen of “Box”', 60)
        gui.wait('the guest', lambda: 'Type something' in (screen.get_description() or ''), 60)
        subprocess.run(['gdbus', 'call', '--session', '--dest', 'org.multios.Lab',
                        '--object-path', '/org/multios/Lab/window/1', '--method',
                        'org.gtk.Actions.Activate', 'viewer', '[<false>]', '{}'],
                       env=lab.env, check=True, stdout=subprocess.PIPE)
        window = gui.wait('the viewer', lambda: windows(lab, 'MultiOS Lab Viewer'))[0]

        def colours():
            out = subprocess.run(['/usr/bin/import', '-window', window, '-format', '%k', 'info:'],
                                 text=True, stdout=subprocess.PIPE, check=False).stdout
            return int(out or 0) > 8
        gui.wait('the picture', colours)
        gui.xdo('windowactivate', '--sync', window)
        gui.xdo('mousemove', '--window', window, 300, 200, 'click', 1)
        gui.wait('the capture', lambda: windows(lab, 'press Right Ctrl to release'))
        lab.type('by sdl')
        gui.wait('the echo', lambda: 'by sdl' in (screen.get_description() or ''))
        gui.xdo('key', 'Control_R')
        gui.wait('the release', lambda: windows(lab, 'MultiOS Lab Viewer'))
        gui.xdo('key', 'F11')
        size = gui.xdo('getdisplaygeometry').split()
        gui.wait('the full screen', lambda: re.findall(
            r'=(\d+)', gui.xdo('getwindowgeometry', '--shell', window))[3:5] == size)
        gui.xdo('key', 'F11')
        gui.xdo('key', 'alt+F4')
        gui.wait('the viewer to go', lambda: not windows(lab, 'MultiOS Lab Viewer'))
        assert not lab.complaints(), lab.complaints()


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
