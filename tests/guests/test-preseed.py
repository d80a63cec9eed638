#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's netboot installer installs itself, unattended, over NAT on a qcow2
disk; what it made starts by its own GRUB and is sound.

An hour of a processor, so only with --long (MOS_TEST_LONG). MOS_TEST_CONSOLE says
where to keep what the guest said, MOS_TEST_DISK where to keep the disk.
"""

import lzma
import os
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request

import debian
import initramfs
import machine
from machine import expect

INSTALLER = '/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64'
SIZE = '4G'
ANSWERS = '''d-i debian-installer/locale string en_US.UTF-8
d-i keyboard-configuration/xkb-keymap select us
d-i netcfg/choose_interface select auto
d-i netcfg/get_hostname string lab
d-i netcfg/get_domain string example
d-i hw-detect/load_firmware boolean false
d-i mirror/country string manual
d-i mirror/protocol string http
d-i mirror/http/hostname string @HOST@
d-i mirror/http/directory string @DIRECTORY@
d-i mirror/http/proxy string
d-i mirror/suite string bookworm
d-i passwd/root-login boolean true
d-i passwd/make-user boolean false
d-i passwd/root-password password lab
d-i passwd/root-password-again password lab
d-i clock-setup/utc boolean true
d-i clock-setup/ntp boolean false
d-i time/zone string UTC
d-i partman-auto/disk string /dev/vda
d-i partman-auto/method string regular
d-i partman-auto/expert_recipe string lab :: 1000 1000 -1 ext4 \\
  $primary{ } $bootable{ } method{ format } format{ } \\
  use_filesystem{ } filesystem{ ext4 } mountpoint{ / } .
d-i partman-basicfilesystems/no_swap boolean false
d-i partman-partitioning/confirm_write_new_label boolean true
d-i partman/choose_partition select finish
d-i partman/confirm boolean true
d-i partman/confirm_nooverwrite boolean true
d-i base-installer/install-recommends boolean false
d-i base-installer/kernel/image string linux-image-amd64
d-i apt-setup/services-select multiselect
d-i apt-setup/enable-source-repositories boolean false
tasksel tasksel/first multiselect
d-i pkgsel/run_tasksel boolean false
d-i pkgsel/upgrade select none
d-i pkgsel/update-policy select none
popularity-contest popularity-contest/participate boolean false
d-i grub-installer/only_debian boolean true
d-i grub-installer/bootdev string /dev/vda
d-i finish-install/reboot_in_progress note
d-i debian-installer/exit/poweroff boolean true
'''


def need_components(archive):
    """Skips where a mirror has not all that the installer will load."""
    index = f'{archive}/dists/bookworm/main/debian-installer/binary-amd64/Packages.xz'
    with urllib.request.urlopen(index, timeout=60) as answer:
        packages = lzma.decompress(answer.read()).decode()
    for name in ('partman-base', 'parted-udeb', 'grub-installer', 'apt-setup-udeb'):
        found = re.search(rf'^Package: {name}\n.*?^Filename: (\S+)$', packages, re.M | re.S)
        expect(found, f'{index} has no {name}')
        request = urllib.request.Request(f'{archive}/{found[1]}', method='HEAD')
        try:
            urllib.request.urlopen(request, timeout=60).close()
        except urllib.error.HTTPError as problem:
            raise machine.Skip(f'the archive that apt uses here answers {problem.code} for the '
                               f"installer's {name}") from problem


def answers():
    """The preseed file for the archive that this host's apt uses."""
    where = urllib.parse.urlsplit(debian.archive())
    if where.scheme != 'http' or where.hostname in ('localhost', '127.0.0.1'):
        raise machine.Skip('apt gets Debian 12 from where a guest cannot')
    need_components(where.geturl().rstrip('/'))
    return (ANSWERS.replace('@HOST@', where.netloc)
            .replace('@DIRECTORY@', where.path.rstrip('/') or '/').encode())


def initrd(folder):
    """The installer's, and the file of answers in a second archive behind it."""
    path = folder.file('initrd')
    shutil.copyfile(f'{INSTALLER}/initrd.gz', path)
    with open(path, 'ab') as file:
        file.write(initramfs.entry('preseed.cfg', 0o100644, answers())
                   + initramfs.entry('TRAILER!!!', 0))
    return path


def installs(folder):
    if 'MOS_TEST_LONG' not in os.environ:
        raise machine.Skip('it takes an hour; --long runs it')
    if not os.path.exists(f'{INSTALLER}/linux'):
        raise machine.Skip('the package debian-installer-12-netboot-amd64 is not installed')
    path = os.environ.get('MOS_TEST_DISK') or folder.file('disk.qcow2')
    machine.expect_status(machine.run('disk', 'create', path, SIZE, '--format', 'qcow2'), 0)
    log = os.environ.get('MOS_TEST_CONSOLE')
    disk = ('--disk', f'{path},format=qcow2,bus=virtio', '--accel', 'soft', '--net', 'nat')
    guest = debian.Console('--kernel', f'{INSTALLER}/linux', '--initrd', initrd(folder),
                           '--append', 'auto=true priority=critical DEBIAN_FRONTEND=text '
                           'console=ttyS0 no_timer_check', *disk,
                           '--memory', '1G', '--timeout', '14000', log=log)
    try:
        # What has no answer in the file would ask.
        said, _ = guest.until(r'Power down|Prompt: |\[Press enter to continue\]')
        expect(said.endswith('Power down'), f'the installer asks: {said[-1500:]}')
        guest.end()
    finally:
        guest.kill()
    check(path)
    guest = debian.Console(*disk, '--memory', '512', '--timeout', '3000', log=log)
    try:
        guest.until('login: ')
        guest.say('root')
        guest.until('Password: ')
        guest.say('lab')
        guest.until('# ')
        guest.say('stty -echo; PS1="lab""# "; set +o emacs')
        guest.until(debian.PROMPT)
        expect('/dev/vda1 / ext4' in guest.do('cat /proc/mounts'), 'the root is elsewhere')
        expect('0 not' in guest.do('dpkg --audit; dpkg -l | grep -c ^ii; echo $? not'),
               'packages are not whole')
        guest.say('poweroff')
        guest.end()
    finally:
        guest.kill()
    check(path)


def check(path):
    machine.expect_status(machine.run('disk', 'check', path), 0)
    if shutil.which('qemu-img'):
        debian.tool('qemu-img', 'check', '-q', path)


if __name__ == '__main__':
    CASES = [('Debian installs itself', installs)]
    if 'soft' not in machine.backends():
        CASES = [(name, machine.no_backend) for name, _ in CASES]
    machine.main(CASES)
