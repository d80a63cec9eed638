# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program asks of the desktop, and the desktop of it: activation by the
bus, files, notifications with buttons, staying awake.

The desktop's side is played here: a notification server and a session manager
on the test's own bus, which write down what they are asked."""

import os
import shutil
import subprocess
import tempfile
import threading

import gui

MULTIOS = os.path.join(gui.BUILD, 'app', 'multios')
TOML = 'name = "Box"\nmemory_mb = 32\n[boot]\nguest = "simple-boot"\n'
SERVICES = '''<node>
<interface name="org.freedesktop.Notifications">
 <method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/>
  <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
  <arg type="as" direction="in"/><arg type="a{sv}" direction="in"/><arg type="i" direction="in"/>
  <arg type="u" direction="out"/></method>
 <method name="CloseNotification"><arg type="u" direction="in"/></method>
 <method name="GetCapabilities"><arg type="as" direction="out"/></method>
 <method name="GetServerInformation"><arg type="s" direction="out"/>
  <arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
 </method>
 <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface>
<interface name="org.gnome.SessionManager">
 <method name="Inhibit"><arg type="s" direction="in"/><arg type="u" direction="in"/>
  <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="u" direction="out"/>
 </method>
 <method name="Uninhibit"><arg type="u" direction="in"/></method>
</interface></node>'''


class Desktop:
    """The two services, answered on a thread of their own."""

    def __init__(self):
        from gi.repository import Gio, GLib
        self.Gio, self.GLib = Gio, GLib
        self.notified, self.awake = [], {}
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop(self.context)
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        self.ready.wait()
        return self

    def __exit__(self, *_):
        self.loop.quit()
        self.thread.join()

    def serve(self):
        Gio = self.Gio
        self.context.push_thread_default()
        self.bus = Gio.DBusConnection.new_for_address_sync(
            os.environ['DBUS_SESSION_BUS_ADDRESS'],
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        for name in ('org.freedesktop.Notifications', 'org.gnome.SessionManager'):
            self.bus.register_object('/' + name.replace('.', '/'), Gio.DBusNodeInfo.new_for_xml(
                SERVICES).lookup_interface(name), self.answer, None, None)
            self.bus.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus',
                               'org.freedesktop.DBus', 'RequestName',
                               self.GLib.Variant('(su)', (name, 0)), None, 0, -1, None)
        self.ready.set()
        self.loop.run()
        self.context.pop_thread_default()
        self.bus.close_sync(None)

    def answer(self, _bus, _sender, _path, _interface, method, arguments, call):
        values, answer = arguments.unpack(), None
        if method == 'Notify':
            self.notified.append((values[3], values[5]))
            answer = self.GLib.Variant('(u)', (len(self.notified),))
        elif method == 'GetCapabilities':
            answer = self.GLib.Variant('(as)', (['actions', 'body'],))
        elif method == 'GetServerInformation':
            answer = self.GLib.Variant('(ssss)', ('test', 'test', '1', '1.2'))
        elif method == 'Inhibit':
            cookie = len(self.awake) + 1
            self.awake[cookie] = (values[2], values[3])
            answer = self.GLib.Variant('(u)', (cookie,))
        elif method == 'Uninhibit':
            del self.awake[values[0]]
        call.return_value(answer)

    def press(self, number, action):
        self.bus.emit_signal(None, '/org/freedesktop/Notifications',
                             'org.freedesktop.Notifications', 'ActionInvoked',
                             self.GLib.Variant('(us)', (number, action)))


def multios(lab, *words):
    subprocess.run([MULTIOS, *words], env=lab.env, check=True, timeout=120)


def box(lab):
    path = os.path.join(lab.home, 'box.toml')
    with open(path, 'w') as file:
        file.write(TOML)
    subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
    lab.find('list item', 'Box, Stopped')


def test_awake_and_told():
    """A running machine keeps the computer awake; one that ends behind the
    user's back is told of, and starts again by the button."""
    gui.backend()
    with Desktop() as desktop, gui.Lab() as lab:
        box(lab)
        assert not desktop.awake, desktop.awake
        multios(lab, 'start', 'Box')
        gui.wait('the inhibitor', lambda: desktop.awake)
        assert list(desktop.awake.values()) == [('Machines are running', 4)], desktop.awake
        multios(lab, 'pause', 'Box')
        gui.wait('no inhibitor', lambda: not desktop.awake)
        lab.press('push button', 'Minimize')
        lab.without_window()
        multios(lab, 'stop', 'Box', '--force')
        title, actions = gui.wait('the notification', lambda: desktop.notified)[0]
        assert title == '“Box” Is Off', title
        names = dict(zip(actions[1::2], actions[::2]))
        assert {'Show', 'Start Again'} <= set(names), actions
        desktop.press(1, names['Start Again'])
        lab.find('list item', 'Box, Running', 60)
        assert not lab.complaints(), lab.complaints()


def test_started_by_the_bus():
    """As the desktop starts it: without a window, until it is asked for one."""
    home = tempfile.mkdtemp(prefix='multios-gui-')
    lab = gui.Lab('--gapplication-service', home=home)
    lab.launch()
    try:
        gui.wait('the name', lambda: 'org.multios.Lab' in subprocess.run(
            ['gdbus', 'call', '--session', '--dest', 'org.freedesktop.DBus', '--object-path',
             '/org/freedesktop/DBus', '--method', 'org.freedesktop.DBus.ListNames'], text=True,
            stdout=subprocess.PIPE, check=True).stdout)
        assert not lab.shown(), 'a window that nobody asked for'
        subprocess.run(['gapplication', 'action', 'org.multios.Lab', 'new-machine'], env=lab.env,
                       check=True)
        lab.find('push button', 'Create and Start')
        assert not lab.complaints(), lab.complaints()
    finally:
        lab.end()
        shutil.rmtree(home, ignore_errors=True)


def test_images_are_opened():
    """A CD and a disk, as by a double click."""
    with gui.Lab() as lab:
        disc, disk = (os.path.join(lab.home, name) for name in ('disc.iso', 'disk.qcow2'))
        with open(disc, 'wb') as file:
            file.write(bytes(32768) + b'\x01CD001\x01' + bytes(2041) + bytes(2048))
        subprocess.run([MULTIOS, 'disk', 'create', disk, '8M'], env=lab.env, check=True,
                       stdout=subprocess.DEVNULL)
        for path, kind in ((disc, 'CD image'), (disk, 'Disk image')):
            subprocess.run([gui.PROGRAM, path], env=lab.env, check=True, timeout=60)
            lab.find('label', f'{kind}: {path}')
            lab.key('Escape')
            lab.gone('push button', 'Create and Start')
        assert not lab.complaints(), lab.complaints()


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
