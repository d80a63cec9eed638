# SPDX-License-Identifier: GPL-3.0-or-later
"""Files dragged by the pointer, out of and into another program, as a file
manager is one. This script itself is that program; its title says what it
sees."""

import contextlib
import subprocess
import sys

import gui

PLACE = 30, 50  # in its window, which lies in the upper corner at the left
STEPS = 8


class Other:
    """The other program, which offers PATHS and takes any file."""

    def __init__(self, *paths):
        self.process = subprocess.Popen([sys.executable, __file__, *paths],
                                        stderr=subprocess.DEVNULL)
        self.window = gui.wait('the other program', lambda: gui.ask(
            'search', '--onlyvisible', '--pid', self.process.pid, '--name', '^ready$'))

    def says(self, text):
        return text in gui.ask('getwindowname', self.window)

    def drag(self, window, x, y):
        """Drops what it offers there, once that place takes it."""
        # The window manager places a window after it is mapped.
        gui.wait('the pointer to be there', lambda: gui.xdo(
            'mousemove', '--window', self.window, *PLACE) or self.says('pointed at'))
        pull((self.window, *PLACE), ((window, x, y), lambda: self.says('taken')))
        gui.wait('it to be read', lambda: self.says('done'))

    def receive(self, window, x, y):
        """What lies there is dragged into it; the path that arrives."""
        pull((window, x, y), ((self.window, *PLACE), lambda: self.says('entered')))
        gui.wait('a file', lambda: self.says('dropped'))
        return gui.ask('getwindowname', self.window).partition(' ')[2]

    def pass_by(self, start, end):
        """A drag from START to END that has begun for sure: it comes by here."""
        pull(start, ((self.window, *PLACE), lambda: self.says('entered')),
             (end, lambda: self.says('left')))


@contextlib.contextmanager
def other(*paths):
    program = Other(*paths)
    try:
        yield program
    finally:
        program.process.kill()
        program.process.wait()


def pull(start, *stations):
    """The pointer from START over the STATIONS with the button down: places
    (window, x, y), and what is waited for there."""
    def moved(place, ready):
        # Always a little: what has begun late has missed the moves before.
        gui.xdo('mousemove', '--window', place[0], place[1] + 1, place[2])
        gui.xdo('mousemove', '--window', *place)
        return ready()

    gui.xdo('mousemove', '--sync', '--window', *start)
    gui.xdo('mousedown', 1)
    try:
        for _ in range(STEPS):
            gui.xdo('mousemove_relative', '--sync', 2, 1)
        for station in stations:
            gui.wait('the drag to be seen', lambda s=station: moved(*s))
    finally:
        gui.xdo('mouseup', 1)


def main(paths):
    import gi
    gi.require_version('Gtk', '4.0')
    from gi.repository import Gdk, Gio, GLib, Gtk

    uris = ''.join(Gio.File.new_for_path(path).get_uri() + '\r\n' for path in paths)

    def activate(application):
        window = Gtk.ApplicationWindow(application=application, title='ready')

        def begin(_source, drag):
            window.set_title('dragging')
            drag.connect('notify::selected-action', lambda drag, _: window.set_title(
                'taken' if drag.get_selected_action() else 'refused'))

        def entered(_target, _x, _y):
            window.set_title('entered')
            return Gdk.DragAction.COPY

        def left(_target):
            if window.get_title() == 'entered':
                window.set_title('left')

        def dropped(_target, files, _x, _y):
            window.set_title('dropped ' + files.get_files()[0].get_path())
            return True

        drag = Gtk.DragSource(content=Gdk.ContentProvider.new_for_bytes(
            'text/uri-list', GLib.Bytes.new(uris.encode())))
        drag.connect('drag-begin', begin)
        drag.connect('drag-end', lambda *_: window.set_title('done'))
        drop = Gtk.DropTarget.new(Gdk.FileList, Gdk.DragAction.COPY)
        drop.connect('enter', entered)
        drop.connect('leave', left)
        drop.connect('drop', dropped)
        label = Gtk.Label(label='Files', width_request=160, height_request=100)
        motion = Gtk.EventControllerMotion()
        motion.connect('enter', lambda *_: window.set_title('pointed at'))
        label.add_controller(motion)
        label.add_controller(drag)
        label.add_controller(drop)
        window.set_child(label)
        window.present()

    application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
    application.connect('activate', activate)
    application.run([])


if __name__ == '__main__':
    main(sys.argv[1:])
