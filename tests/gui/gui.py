# SPDX-License-Identifier: GPL-3.0-or-later
"""The real application under a virtual display, driven like a person would.

AT-SPI finds, waits and reads; xdotool clicks and types where AT-SPI says.
Nothing sleeps for a fixed time: every step waits for what it causes.  A test
is a function; `run` makes TAP of a list of them.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings

warnings.simplefilter('ignore')
ROOT = os.environ.get('MOS_SOURCE_ROOT') or os.path.abspath(
    os.path.join(os.path.dirname(__file__), '..', '..'))
BUILD = os.environ.get('MOS_BUILD_ROOT') or os.path.join(ROOT, '_build', 'release')
PROGRAM = os.path.join(BUILD, 'app', 'multios-lab')
TOOLS = ['Xvfb', 'dbus-daemon', 'openbox', 'xdotool', 'xprop']
PATIENCE_S = 30
# What GTK and its helpers say under a bare virtual display; the last is what
# GTK 4.8's shortcuts window says of its own key caps.
HARMLESS = re.compile(r'GetItems|org\.a11y|Portal|dconf|Vulkan|libEGL|MESA|fd limit'
                      r'|freedesktop\.Notifications|GtkLabel 0x\w+ \(label\) reported min width')


class Skip(Exception):
    """Raised by a test that cannot run here; says why."""


def missing():
    """Why no window can be tested here, or None."""
    for name in TOOLS:
        if not shutil.which(name):
            return f'no {name} here'
    try:
        import gi
        gi.require_version('Atspi', '2.0')
        from gi.repository import Atspi  # noqa: F401
    except (ImportError, ValueError):
        return 'no AT-SPI for Python (python3-gi, gir1.2-atspi-2.0)'
    return None


def wait(what, function, patience=PATIENCE_S):
    """The first true result of FUNCTION; asks again until patience ends."""
    from gi.repository import GLib
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            result = function()
            if result:
                return result
        except GLib.GError:
            pass  # a node went away while it was read
        time.sleep(.05)
    raise AssertionError(f'timed out: {what}')


def xdo(*arguments):
    return subprocess.run(['xdotool', *map(str, arguments)], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def ask(*arguments):
    """What xdotool says, if anything: it fails when what it looks at goes."""
    return subprocess.run(['xdotool', *map(str, arguments)], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()


def children(node):
    for i in range(node.get_child_count()):
        child = node.get_child_at_index(i)
        if child is not None:
            yield child


def walk(node):
    yield node
    for child in children(node):
        yield from walk(child)


def has_state(node, name):
    from gi.repository import Atspi
    return node.get_state_set().contains(getattr(Atspi.StateType, name))


def text_of(node):
    from gi.repository import Atspi
    return Atspi.Text.get_text(node, 0, Atspi.Text.get_character_count(node))


class Lab:
    """One running multios-lab with a home of its own."""

    def __init__(self, *arguments, home=None, environment=None):
        self.home = home or tempfile.mkdtemp(prefix='multios-gui-')
        self.own_home = home is None
        self.arguments = arguments
        self.environment = environment or {}
        self.process = None
        self.errors = None
        self.titles = set()  # of the windows that were clicked into

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.explain()
        self.end()
        if self.own_home:
            shutil.rmtree(self.home, ignore_errors=True)

    def start(self):
        """The notice about the backends moves what lies below it once it knows
        what to say; a person would look for a moment, too."""
        self.launch()
        self.application()
        wait('the backends to be measured', lambda: not any(
            has_state(node, 'BUSY') for node in walk(self.application())))

    def launch(self):
        env = dict(os.environ, GSETTINGS_SCHEMA_DIR=os.path.join(BUILD, 'data'),
                   MOS_SOURCE_ROOT=ROOT, MOS_BUILD_ROOT=BUILD,
                   GSETTINGS_BACKEND='keyfile', GDK_BACKEND='x11', GSK_RENDERER='cairo',
                   HOME=self.home, NO_AT_BRIDGE='0', **self.environment)
        for name in ('CONFIG', 'DATA', 'STATE', 'CACHE'):
            env[f'XDG_{name}_HOME'] = os.path.join(self.home, name.lower())
        settings = os.path.join(env['XDG_CONFIG_HOME'], 'gtk-4.0', 'settings.ini')
        if not os.path.exists(settings):
            os.makedirs(os.path.dirname(settings))
            with open(settings, 'w') as file:
                file.write('[Settings]\ngtk-font-name=Cantarell 11\ngtk-enable-animations=0\n')
        self.env = env
        self.errors = open(os.path.join(self.home, 'stderr'), 'a+')
        self.process = subprocess.Popen([PROGRAM, *self.arguments], env=env, stderr=self.errors)

    def application(self):
        from gi.repository import Atspi

        def find():
            desktop = Atspi.get_desktop(0)
            for node in children(desktop):
                if node.get_process_id() == self.process.pid and node.get_child_count():
                    return node
            assert self.process.poll() is None, f'the program ended: {self.process.returncode}'
            return None
        return wait('the application', find)

    def end(self):
        """Whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        if self.errors is not None:
            self.errors.close()
            self.errors = None

    def ended(self):
        return wait('the program to end', lambda: self.process.poll() is not None) \
            and self.process.returncode

    def explain(self):
        """What the window showed when a test failed, for the test's log."""
        if 'MOS_SHOTS' in os.environ:
            self.picture(os.path.join(os.environ['MOS_SHOTS'], 'failed.png'))
        try:
            for node in walk(self.application()):
                print(f'# {node.get_role_name()} | {node.get_name()!r} | '
                      f'{(node.get_description() or "")!r}')
        except Exception as error:  # noqa: BLE001 the test has failed already
            print(f'# no tree: {error}')
        for line in self.complaints():
            print('# stderr:', line)

    def complaints(self):
        """Warnings and criticals that the program wrote."""
        self.errors.flush()
        with open(self.errors.name) as file:
            return [line for line in file.read().splitlines()
                    if re.search(r'WARNING|CRITICAL|ERROR|runtime error', line)
                    and not HARMLESS.search(line)]

    # -- finding ---------------------------------------------------------

    def windows(self):
        return [node for node in children(self.application())]

    def each(self, role=None, name=None, root=None):
        """One after the other: the tree is large, and walking it is slow."""
        for node in walk(root or self.application()):
            if (role is None or node.get_role_name() == role) \
                    and (name is None or name in (node.get_name() or '')):
                yield node

    def all(self, role=None, name=None, root=None):
        return list(self.each(role, name, root))

    def find(self, role, name, patience=PATIENCE_S, root=None):
        return wait(f'{role} {name!r}', lambda: next(self.each(role, name, root), None),
                    patience)

    def gone(self, role, name):
        wait(f'no {role} {name!r}', lambda: not self.all(role, name))

    def enabled(self, role, name):
        return wait(f'{role} {name!r} enabled',
                    lambda: next((n for n in self.each(role, name) if has_state(n, 'SENSITIVE')),
                                 None))

    # -- doing -----------------------------------------------------------

    def window_id(self, title):
        return wait(f'window {title!r}', lambda: self.shown(f'^{re.escape(title)}$')[-1:])[0]

    def shown(self, pattern='.', *more):
        """What xdotool says of the windows on the screen with such a title."""
        return ask('search', '--onlyvisible', '--pid', self.process.pid, '--name', pattern,
                   *more).splitlines()

    def without_window(self):
        """Waits until the program shows none; it goes on."""
        wait('the window to go', lambda: not self.shown())
        assert self.process.poll() is None, 'the program ended'

    def place(self, node, across=.5):
        """A place on the node: the middle, or that share of its width."""
        from gi.repository import Atspi
        top = node
        while top.get_parent() is not None and top.get_parent().get_role_name() != 'application':
            top = top.get_parent()
        window = self.window_id(top.get_name())
        extents = Atspi.Component.get_extents(node, Atspi.CoordType.WINDOW)
        shadow = subprocess.run(['xprop', '-id', window, '_GTK_FRAME_EXTENTS'], text=True,
                                stdout=subprocess.PIPE).stdout
        left, _, above, _ = map(int, re.findall(r'\d+', shadow.partition('=')[2]) or [0] * 4)
        return (window, extents.x + int(extents.width * across) + left,
                extents.y + extents.height // 2 + above)

    def click(self, node, across=.5):
        """Where the node and its window stand still: a layout that is due comes
        with the next frame, and the window manager places a window after it is
        mapped, which takes its time on a busy host.  A dialog that has just been
        closed may still lie above."""
        seen = []

        def settled():
            place = self.place(node, across)
            seen.append((place, xdo('getwindowgeometry', place[0])))
            return len(seen) > 1 and seen[-1] == seen[-2]

        wait('a node that stands still', settled)
        wait('closed dialogs to go', lambda: not self.remains())
        window, x, y = seen[-1][0]
        # A press goes to what the last motion found there, and a pointer that
        # is in place already does not move: a hand always does a little.
        xdo('mousemove', '--window', window, x - 2, y)
        xdo('mousemove', '--sync', '--window', window, x, y)
        self.titles.add(ask('getwindowname', window))
        xdo('click', 1)

    def remains(self):
        """The windows on the screen that the program has closed already."""
        shown = self.shown('.', 'getwindowname', '%@')
        return self.titles & set(shown) - {w.get_name() for w in self.windows()}

    def listening(self):
        """Waits until keys go to a window of ours, and to the dialog if there is
        one.  A screen of SDL is none that AT-SPI knows."""
        def active():
            title = ask('getactivewindow', 'getwindowname')
            windows = self.windows()
            known = [w.get_name() for w in windows]
            modal = [w.get_name() for w in windows if has_state(w, 'MODAL')]
            return title and (title not in known or title in (modal or known))
        wait('a window that listens', active)

    def press(self, role, name):
        """A real click on the first enabled node of that name."""
        self.click(self.enabled(role, name))

    def use(self, role, name):
        """What a click does, whether it is scrolled into sight or not."""
        self.act(self.enabled(role, name))

    def create(self, name=None):
        """A machine by clicking; the window is empty or not."""
        self.press('push button', 'New Machine')
        self.find('push button', 'Create and Start')
        if name:
            self.key('ctrl+a')
            self.type(name)
        button = wait('Create', lambda: next(
            (n for n in self.all('push button') if n.get_name().startswith('Create Create')
             or n.get_name() == 'Create'), None))
        self.click(button)
        self.gone('push button', 'Create and Start')

    def act(self, node, action=None):
        from gi.repository import Atspi
        names = [Atspi.Action.get_action_name(node, i)
                 for i in range(Atspi.Action.get_n_actions(node))]
        return Atspi.Action.do_action(node, names.index(action) if action else 0)

    def action(self, name):
        """An action of the main window, as an accelerator would."""
        self.act(self.find('frame', 'MultiOS Lab'), name)

    def action_by_bus(self, name, of_window=True):
        """The same without the accessibility tree: quick, in every language."""
        path = '/org/multios/Lab' + ('/window/1' if of_window else '')
        subprocess.run(['gdbus', 'call', '--session', '--dest', 'org.multios.Lab',
                        '--object-path', path, '--method', 'org.gtk.Actions.Activate', name,
                        '[]', '{}'], env=self.env, check=True, stdout=subprocess.PIPE)

    def key(self, *keys):
        self.listening()
        for key in keys:
            xdo('key', '--clearmodifiers', key)

    def type(self, text):
        self.listening()
        xdo('type', '--delay', 25, text)

    def save_as(self, title, path):
        """Types PATH into a file chooser of the toolkit."""
        dialog = wait(title, lambda: next((w for w in self.windows() if w.get_name() == title),
                                          None))
        wait('the chooser to have the focus', lambda: any(
            has_state(n, 'FOCUSED') for n in walk(dialog)))
        self.key('ctrl+a')
        self.type(path)
        self.key('Return')
        self.titles.add(title)
        wait('the chooser to go', lambda: all(w.get_name() != title for w in self.windows())
             and not self.remains())

    def picture(self, path):
        subprocess.run(['/usr/bin/import', '-window', 'root', path], check=False)


def backend():
    """The name of a backend that can run machines here, or Skip."""
    run = subprocess.run([os.path.join(BUILD, 'app', 'multios'), 'host', '--json'], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for name in ('kvm', 'soft'):
        if re.search(rf'"name"\s*:\s*"{name}"[^}}]*"usable"\s*:\s*true', run.stdout, re.S):
            return name
    raise Skip('no backend can run machines here')


def under_display():
    """Starts this script again on a display of its own, if there is none."""
    if 'DISPLAY' in os.environ and 'DBUS_SESSION_BUS_ADDRESS' in os.environ:
        return
    os.execv('/bin/sh', ['/bin/sh', os.path.join(ROOT, 'tests', 'with-display'),
                         sys.executable, *sys.argv])


def run(tests):
    """TAP of TESTS, functions without arguments; exits."""
    why = missing()
    if why:
        print(f'1..0 # SKIP {why}')
        sys.exit(0)
    under_display()
    wanted = sys.argv[1:]
    tests = [t for t in tests if not wanted or t.__name__ in wanted]
    print(f'1..{len(tests)}', flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace('_', ' ')
        try:
            test()
            print(f'ok {number} - {name}', flush=True)
        except Skip as reason:
            print(f'ok {number} - {name} # SKIP {reason}', flush=True)
        except Exception:  # noqa: BLE001 reported as a failed test
            failed += 1
            for line in traceback.format_exc().splitlines():
                print('#', line)
            print(f'not ok {number} - {name}', flush=True)
    sys.exit(1 if failed else 0)
