# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing a machine to others: presenting, full screen, a picture, a recording.

The recording is taken apart here: every chunk, every picture, by the PNG
specification and not by the program's own reader.
"""

import functools
import os
import struct
import subprocess
import zlib

import gui

SHOTS = os.environ.get('MOS_SHOTS')
TOML = 'name = "Shown"\nmemory_mb = 32\n[boot]\nguest = "simple-boot"\n'


def shot(lab, name):
    if SHOTS:
        lab.picture(os.path.join(SHOTS, name + '.png'))


def start(lab):
    path = os.path.join(lab.home, 'shown.toml')
    with open(path, 'w') as file:
        file.write(TOML)
    subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
    lab.find('list item', 'Shown, Stopped')
    lab.press('push button', 'Start')
    lab.find('list item', 'Shown, Running', 60)
    gui.wait('the guest', lambda: 'Type something' in (
        lab.find('image', 'Screen of “Shown”').get_description() or ''), 90)


def height(lab):
    from gi.repository import Atspi
    return Atspi.Component.get_extents(lab.find('label', 'Machines'),
                                       Atspi.CoordType.WINDOW).height


def release(lab):
    gui.xdo('key', 'Control_R')
    lab.find('label', 'Click the screen')


def settings(lab):
    return subprocess.run(['gsettings', 'list-recursively', 'org.multios.Lab'], env=lab.env,
                          text=True, stdout=subprocess.PIPE, check=True).stdout


def test_presenting():
    gui.backend()
    with gui.Lab() as lab:
        start(lab)
        before, kept = height(lab), settings(lab)
        lab.action('win.presenter')
        gui.wait('text half as large again', lambda: height(lab) >= 1.4 * before)
        lab.click(lab.find('image', 'Screen of “Shown”'))
        lab.find('label', 'Press Right Ctrl to release the keyboard')
        # For two seconds: too short for a walk through the whole tree.
        layers = lab.find('push button', 'End Presenting').get_parent().get_parent()
        caps = lambda: any(n.get_name() == 'Ctrl+Alt+Delete' for n in gui.children(layers))
        gui.xdo('key', 'ctrl+alt+Delete')
        gui.wait('the caps', caps)
        shot(lab, 'presenting')
        gui.wait('the caps to go', lambda: not caps())
        release(lab)
        lab.press('push button', 'Five minutes more')
        lab.find('label', '4:5')
        lab.press('push button', 'Blank the Screen')
        cover = lab.find('push button', 'Blank screen; press')
        shot(lab, 'blank')
        lab.click(cover)
        lab.gone('push button', 'Blank screen; press')
        lab.press('push button', 'End Presenting')
        gui.wait('text as before', lambda: height(lab) == before)
        assert settings(lab) == kept, 'presenting changed the settings'
        assert not lab.complaints(), lab.complaints()


def test_full_screen_leads_out():
    gui.backend()
    with gui.Lab() as lab:
        start(lab)
        # A bar for three seconds: too short for a walk through the whole tree.
        screen = lab.find('image', 'Screen of “Shown”')
        while screen.get_role_name() != 'scroll pane':
            screen = screen.get_parent()
        bar = functools.partial(lab.all, 'push button', 'Leave Full Screen', screen.get_parent())
        lab.key('F11')
        gui.wait('the bar', bar)
        lab.gone('list', 'Machines')
        lab.click(lab.find('image', 'Screen of “Shown”'))
        gui.wait('the bar', bar)
        shot(lab, 'full-screen')
        # It goes by itself, and comes back at the upper edge.
        gui.wait('the bar to go', lambda: not bar())
        gui.xdo('mousemove', 640, 300)
        gui.xdo('mousemove', 640, 8)  # the display has a rim of five pixels
        lab.press('push button', 'Leave Full Screen')
        lab.find('list', 'Machines')
        assert not lab.complaints(), lab.complaints()


def chunks(data):
    assert data[:8] == b'\x89PNG\r\n\x1a\n'
    at = 8
    while at < len(data):
        size, kind = struct.unpack('>I4s', data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        crc, = struct.unpack('>I', data[at + 8 + size:at + 12 + size])
        assert crc == zlib.crc32(kind + body), kind
        yield kind, body
        at += 12 + size


def play(path):
    """(width, height, the pictures in turn, milliseconds in all)."""
    with open(path, 'rb') as file:
        data = file.read()
    canvas = width = height = None
    count = sequence = total = 0
    pictures = []
    where = None
    for kind, body in chunks(data):
        if kind == b'IHDR':
            width, height, bits, colour = struct.unpack('>IIBB', body[:10])
            assert (bits, colour) == (8, 2)
            canvas = bytearray(3 * width * height)
        elif kind == b'acTL':
            count, _ = struct.unpack('>II', body)
        elif kind == b'fcTL':
            number, *where, delay, unit, _, _ = struct.unpack('>IIIIIHHBB', body)
            assert number == sequence and unit == 1000
            sequence += 1
            total += delay
        elif kind in (b'IDAT', b'fdAT'):
            if kind == b'fdAT':
                assert struct.unpack('>I', body[:4])[0] == sequence
                sequence += 1
                body = body[4:]
            w, h, x, y = where
            rows = zlib.decompress(body)
            assert len(rows) == h * (1 + 3 * w)
            for i in range(h):
                row = rows[i * (1 + 3 * w):(i + 1) * (1 + 3 * w)]
                assert row[0] == 0
                at = 3 * ((y + i) * width + x)
                canvas[at:at + 3 * w] = row[1:]
            pictures.append(bytes(canvas))
    assert kind == b'IEND' and count == len(pictures)
    return width, height, pictures, total


def test_recording():
    gui.backend()
    with gui.Lab() as lab:
        start(lab)
        path = os.path.join(lab.home, 'film.png')
        lab.act(lab.find('push button', 'Picture Picture'))
        lab.act(lab.find('menu item', 'Record to a File'))
        lab.save_as('Record the Screen', path)
        stop = lab.find('push button', 'Stop Recording (0:0')
        lab.click(lab.find('image', 'Screen of “Shown”'))
        lab.find('label', 'Press Right Ctrl to release the keyboard')
        lab.type('filmed')
        gui.wait('the text', lambda: 'filmed' in (
            lab.find('image', 'Screen of “Shown”').get_description() or ''), 60)
        release(lab)
        shot(lab, 'recording')
        lab.click(stop)
        lab.gone('push button', 'Stop Recording (0:')
        width, height_px, pictures, total = play(path)
        assert width >= 640 and height_px >= 350, (width, height_px)
        # One picture or more a key, and the clock of the guest goes on.
        assert len(set(pictures)) >= 6, len(set(pictures))
        assert total >= 1000, total
        assert not lab.complaints(), lab.complaints()


def test_a_picture_is_saved():
    gui.backend()
    with gui.Lab() as lab:
        start(lab)
        path = os.path.join(lab.home, 'picture.png')
        lab.act(lab.find('push button', 'Picture Picture'))
        lab.act(lab.find('menu item', 'Save a Picture'))
        lab.save_as('Save a Picture of the Screen', path)
        lab.find('label', '“picture.png” saved')
        with open(path, 'rb') as file:
            parts = list(chunks(file.read()))
        width, height = struct.unpack('>II', parts[0][1][:8])
        assert width >= 640 and height >= 350, (width, height)
        assert parts[-1][0] == b'IEND'
        assert zlib.decompress(b''.join(body for kind, body in parts if kind == b'IDAT'))
        assert not lab.complaints(), lab.complaints()


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
