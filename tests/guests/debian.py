# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian system on a disk of its own: made with debootstrap from the archive
that this host's apt uses, started by its own GRUB from a DOS partition.

Root logs in by itself on COM1. If there is a file /plain, GRUB starts that shell
script as the only process, from a small RAM disk of ours, which is up in a third
of the time. Making it takes some minutes and root's rights, so it is kept beside
the build.
"""

import os
import re
import shutil
import struct
import subprocess

import initramfs
import machine

SIZE_MIB = 3072
FIRST_SECTOR = 2048
# Started by sysvinit: systemd gives up on what takes a busy host long.
PACKAGES = ('linux-image-amd64,sysvinit-core,initscripts,udev,kmod,e2fsprogs,'
            'busybox-static,initramfs-tools')
MODULES = ('virtio_pci', 'virtio_blk', 'ahci', 'ata_piix', 'sd_mod', 'ext4', 'crc32c_generic')
# The RAM disk of /plain, once MODULES are there.
START_PLAIN = '''
mkdir /new
until mount -t ext4 -o ro /dev/vda1 /new || mount -t ext4 -o ro /dev/sda1 /new; do sleep 1; done
mount -o move /dev /new/dev
exec switch_root /new /plain
'''
GRUB_FOLDER = '/usr/lib/grub/i386-pc'
GRUB_CONFIG = '''serial --unit=0 --speed=115200
terminal_output serial console
set timeout=0
set default=0
if [ -f /plain ]; then set default=1; fi
menuentry "Debian" {
  linux @KERNEL@ root=LABEL=lab ro console=tty0 console=ttyS0 no_timer_check
  initrd @INITRD@
}
menuentry "Plain" {
  linux @KERNEL@ console=ttyS0 no_timer_check rodata=off mitigations=off
  initrd /boot/initrd.plain
}
'''
AUTOLOGIN = 'S0:2345:respawn:/sbin/agetty --autologin root --noclear -L ttyS0 115200 vt100\n'
PROMPT = 'lab# '


def tool(*arguments):
    """Runs a tool of the host's; returns what it said."""
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    machine.expect(done.returncode == 0, f'{arguments[0]}: {done.stdout.decode()[-2000:]}')
    return done.stdout.decode()


def archive():
    """Where this host's apt gets Debian 12 from."""
    lines = tool('apt-get', 'indextargets', '--format', '$(REPO_URI)|$(RELEASE)|$(COMPONENT)',
                 'Created-By: Packages').split()
    for line in lines:
        uri, release, component = line.rsplit('|', 2)
        if release == 'bookworm' and component == 'main':
            return uri
    raise machine.Skip('apt has no archive of Debian 12 here')


def need_tools():
    if os.geteuid() != 0:
        raise machine.Skip('only root can run debootstrap')
    for name, package in (('debootstrap', 'debootstrap'), ('grub-mkimage', 'grub-common'),
                          ('mke2fs', 'e2fsprogs')):
        if shutil.which(name) is None:
            raise machine.Skip(f'the package {package} is not installed')
    if not os.path.exists(f'{GRUB_FOLDER}/boot.img'):
        raise machine.Skip('the package grub-pc-bin is not installed')


def write(root, name, text):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return path


def set_up(root):
    """What makes a bare system one that starts and logs in."""
    write(root, 'etc/hostname', 'lab\n')
    write(root, 'etc/fstab', 'LABEL=lab / ext4 defaults,errors=remount-ro 0 1\n')
    write(root, 'etc/initramfs-tools/conf.d/modules', 'MODULES=list\n')
    write(root, 'etc/initramfs-tools/modules', '\n'.join(MODULES) + '\n')
    with open(f'{root}/etc/inittab', 'a', encoding='utf-8') as file:
        file.write(AUTOLOGIN)
    # An echo or a line editor would show commands as if they were answers.
    write(root, 'root/.profile', f"stty -echo; PS1='{PROMPT}'; set +o emacs\n")
    release = [re.sub('^vmlinuz-', '', name) for name in os.listdir(f'{root}/boot')
               if name.startswith('vmlinuz-')][0]
    tool('chroot', root, 'update-initramfs', '-u', '-k', release)
    initramfs.pack(f'{root}/boot/initrd.plain', START_PLAIN, f'{root}/bin/busybox',
                   initramfs.with_needs(release, MODULES, root))
    config = GRUB_CONFIG.replace('@KERNEL@', f'/boot/vmlinuz-{release}')
    write(root, 'boot/grub/grub.cfg', config.replace('@INITRD@', f'/boot/initrd.img-{release}'))
    shutil.copytree(GRUB_FOLDER, f'{root}/boot/grub/i386-pc', dirs_exist_ok=True,
                    ignore=lambda folder, names: [n for n in names
                                                  if not n.endswith(('.mod', '.lst'))])


def make_disk(root, target):
    """A raw image with one partition, ROOT in it, and GRUB in front of it."""
    core = target + '.core'
    offset = FIRST_SECTOR * 512
    with open(target, 'wb') as file:
        file.truncate(SIZE_MIB << 20)
    tool('mke2fs', '-q', '-t', 'ext4', '-L', 'lab', '-d', root, '-E', f'offset={offset}', target,
         f'{(SIZE_MIB << 10) - (offset >> 10)}k')
    tool('grub-mkimage', '-O', 'i386-pc', '-o', core, '-p', '(hd0,msdos1)/boot/grub', 'biosdisk',
         'part_msdos', 'ext2', 'normal', 'linux', 'serial', 'terminal', 'configfile', 'test')
    with open(target, 'r+b') as disk:
        with open(f'{GRUB_FOLDER}/boot.img', 'rb') as file:
            disk.write(file.read()[:440])
        disk.seek(446)
        disk.write(struct.pack('<B3sB3sII', 0x80, b'\xfe\xff\xff', 0x83, b'\xfe\xff\xff',
                               FIRST_SECTOR, (SIZE_MIB << 11) - FIRST_SECTOR))
        disk.seek(510)
        disk.write(b'\x55\xaa')
        with open(core, 'rb') as file:
            content = file.read()
        machine.expect(len(content) <= (FIRST_SECTOR - 1) * 512, 'GRUB does not fit')
        disk.write(content)
    os.unlink(core)


def image():
    """The path of the pristine disk, which is made if it is not there."""
    folder = os.path.join(machine.BUILD, 'tests', 'guests', 'debian')
    target = os.path.join(folder, 'disk.raw')
    if os.path.exists(target):
        return target
    need_tools()
    root = os.path.join(folder, 'root')
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(folder, exist_ok=True)
    done = subprocess.run(['debootstrap', '--variant=minbase', f'--include={PACKAGES}',
                           'bookworm', root, archive()], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise machine.Skip('debootstrap cannot get Debian here: '
                           + done.stdout.decode().splitlines()[-1])
    set_up(root)
    make_disk(root, target + '.part')
    os.rename(target + '.part', target)
    shutil.rmtree(root)
    return target


def copy(folder, name='disk.raw'):
    """A disk of its own for a case, as sparse as the pristine one."""
    target = folder.file(name)
    tool('cp', '--sparse=always', '--reflink=auto', image(), target)
    return target


class Console:
    """`multios run` with a Debian system, whose COM1 is ours."""

    def __init__(self, *arguments, log=None):
        self.log = open(log, 'ab') if log else None
        self.text = b''
        self.guest = subprocess.Popen([machine.MULTIOS, 'run', *arguments],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, bufsize=0)

    def until(self, pattern):
        """Reads until PATTERN has come; returns the text up to its end and the
        match. Times out with the machine's own --timeout."""
        expression = re.compile(pattern.encode(), re.S)
        while True:
            found = expression.search(self.text)
            if found:
                said = self.text[:found.end()].decode(errors='replace')
                self.text = self.text[found.end():]
                return said, found
            chunk = os.read(self.guest.stdout.fileno(), 65536)
            if not chunk:
                raise AssertionError(f'it ended while waiting for {pattern!r}; it said '
                                     f'{self.text[-1500:]!r} {self.guest.stderr.read()[-500:]!r}')
            self.text += chunk
            if self.log:
                self.log.write(chunk)
                self.log.flush()

    def say(self, command):
        self.guest.stdin.write(command.encode() + b'\n')

    def do(self, command):
        """Types COMMAND at the prompt; returns what it said."""
        self.say(command)
        return self.until(PROMPT)[0]

    def end(self):
        """Reads to the end; the exit status."""
        self.guest.stdin.close()
        self.text += self.guest.stdout.read()
        error = self.guest.stderr.read().decode()
        status = self.guest.wait()
        machine.expect(status == 0, f'status {status}; it said {self.text[-1500:]!r} {error}')

    def kill(self):
        self.guest.kill()
        self.guest.wait()
        for stream in (self.guest.stdin, self.guest.stdout, self.guest.stderr):
            stream.close()
