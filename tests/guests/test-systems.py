# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems as their distribution ships them, unchanged, on the software CPU.

Each case names the package it needs and is skipped without it. A package that
cannot be installed beside others, such as a kernel for another architecture, may
be unpacked (dpkg-deb -x) in a folder that MOS_TEST_SYSTEMS names, separated by
colons. What takes minutes on a slow host is left to `./lab test --long`.
"""

import glob
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile

import initramfs
from guests import machine
from guests.machine import expect, expect_status, run

SECONDS = 300 if 'MOS_TEST_LONG' not in os.environ else 4000
ROOTS = ['/', *filter(None, os.environ.get('MOS_TEST_SYSTEMS', '').split(':'))]
GRUB_CFG = b'set timeout=-1\nmenuentry "first entry" { true }\n'
SYSLINUX = 'usr/lib/syslinux/modules/bios/'


def find(pattern, package):
    """The newest file that PATTERN matches under one of the roots."""
    for root in ROOTS:
        for path in sorted(glob.glob(os.path.join(root, pattern)), reverse=True):
            if os.access(path, os.R_OK):
                return path
    raise machine.Skip(f'the package {package} is not installed')


def need(program, package):
    if not shutil.which(program):
        raise machine.Skip(f'the package {package} is not installed')


def need_long():
    if 'MOS_TEST_LONG' not in os.environ:
        raise machine.Skip('only in a long run')


def soft(folder, *arguments, wanted=0, memory='64', limit=SECONDS - 20):
    """`multios run` on the software CPU with a picture, for LIMIT seconds at
    most; its (stdout, stderr)."""
    picture = folder.file('picture.png')
    result = expect_status(run('run', '--accel', 'soft', '--memory', memory, '--timeout',
                               str(limit), '--screenshot', picture, *arguments,
                               seconds=SECONDS), wanted)
    expect(initramfs.read(picture)[:8] == machine.SIGNATURE, 'no picture')
    keep = os.environ.get('MOS_TEST_PICTURES')
    if keep:
        shutil.copy(picture, os.path.join(keep, folder.name + '.png'))
    return result


def on_screen(folder, *arguments, **options):
    return soft(folder, *arguments, '--serial', 'none', **options)


# -- boot loaders and small systems ----------------------------------------------


def make_grub(folder, target):
    need('grub-mkimage', 'grub-common')
    find('usr/lib/grub/i386-pc/boot.img', 'grub-pc-bin')
    disk = folder.file('memdisk.tar')
    with tarfile.open(disk, 'w', format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo('boot/grub/grub.cfg')
        info.size = len(GRUB_CFG)
        tar.addfile(info, io.BytesIO(GRUB_CFG))
    core = folder.file('core.img')
    subprocess.run(['grub-mkimage', '-O', target, '-p', '(memdisk)/boot/grub', '-m', disk,
                    '-o', core, 'memdisk', 'tar', 'normal', 'biosdisk', 'iso9660', 'echo',
                    'ls'], check=True)
    return core


def make_cd(folder, files, loader):
    """An image of FILES, pairs (name, path), that boots LOADER, one of them."""
    need('xorriso', 'xorriso')
    tree = folder.file('cd')
    for name, path in files:
        os.makedirs(os.path.dirname(os.path.join(tree, name)), exist_ok=True)
        shutil.copy(path, os.path.join(tree, name))
    image = folder.file('cd.iso')
    subprocess.run(['xorriso', '-as', 'mkisofs', '-quiet', '-o', image, '-b', loader, '-c',
                    'boot.cat', '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table',
                    tree], check=True, stderr=subprocess.DEVNULL)
    return image


def isolinux_cd(folder, config, files=(), modules=()):
    path = folder.file('isolinux.cfg', config.encode())
    names = ['ldlinux', *modules]
    parts = [(name + '.c32', find(SYSLINUX + name + '.c32', 'syslinux-common'))
             for name in names]
    loader = find('usr/lib/ISOLINUX/isolinux.bin', 'isolinux')
    return make_cd(folder, [('isolinux.bin', loader), ('isolinux.cfg', path), *parts, *files],
                   'isolinux.bin')


def grub_answers(folder, *medium):
    on_screen(folder, *medium, '--until-screen', 'first entry', '--type', 'c',
              '--until-screen', r'grub> *$', '--type', r'echo answer-$grub_cpu\n',
              '--until-screen', 'answer-i386', '--type', r'ls\n', '--until-screen', r'\(memdisk\)')


def grub_floppy(folder):
    core = make_grub(folder, 'i386-pc')
    boot = find('usr/lib/grub/i386-pc/boot.img', 'grub-pc-bin')
    image = initramfs.read(boot) + initramfs.read(core)
    grub_answers(folder, '--floppy', folder.file('grub.img', image.ljust(1440 * 1024, b'\0')))


def grub_cd(folder):
    need_long()
    core = make_grub(folder, 'i386-pc-eltorito')
    grub_answers(folder, '--cdrom', make_cd(folder, [('grub.img', core)], 'grub.img'))


def invaders(folder):
    path = find('boot/invaders.exec', 'grub-invaders')
    # The invaders come; a key, and there is a shot.
    on_screen(folder, '--kernel', path, '--until-screen', r'\*.*\*', '--type', ' ',
              '--until-screen', '[|!]')


def hdt(folder):
    modules = ['hdt', 'libcom32', 'libgpl', 'libmenu', 'libutil']
    image = isolinux_cd(folder, 'DEFAULT hdt\nLABEL hdt\nCOM32 hdt.c32\n', modules=modules)
    on_screen(folder, '--cdrom', image, '--until-screen', r'Reboot|hdt>|Main Menu')


def gnu_mach(folder):
    packed = find('boot/gnumach-*.gz', 'gnumach-image-1-486')
    with gzip.open(packed) as file:
        path = folder.file('gnumach', file.read())
    on_screen(folder, '--kernel', path, '--until-screen', 'physical memory map')


def u_boot(folder):
    """The 64-bit image, which runs the VGA BIOS in an emulator of its own."""
    path = find('usr/lib/u-boot/qemu-x86_64/u-boot.rom', 'u-boot-qemu')
    soft(folder, '--firmware', path, '--until-serial', '=> $', '--type', r'echo $board\n',
         '--until-serial', 'qemu-x86')


def u_boot_32(folder):
    """Without it: its native call of the VGA BIOS faults, see multios(1)."""
    need_long()
    path = find('usr/lib/u-boot/qemu-x86/u-boot.rom', 'u-boot-qemu')
    soft(folder, '--firmware', path, '--set', 'devices.graphics.card_type=None', '--until-serial', '=> $')


def memtest(folder):
    path = find('boot/memtest86+x64.bin', 'memtest86+')
    on_screen(folder, '--kernel', path, '--until-screen', r'Test #[1-9].*\[',
              '--until-screen', 'Errors: 0')


def ipxe(folder):
    need_long()
    path = find('usr/lib/ipxe/ipxe.iso', 'ipxe')
    # It asks for Ctrl+B for two seconds only, which a busy host may miss.
    on_screen(folder, '--cdrom', path, '--net', 'none', '--until-screen',
              'initialising devices', '--type', r'\x02', '--until-screen', 'iPXE> *$',
              '--type', r'help\n', '--until-screen', 'Available commands')


# -- kernels ----------------------------------------------------------------------

SCRIPT = 'echo "nproc $(nproc)"\nuname -m\necho "sum $((6 * 7))"\n'
QUIET = 'console=ttyS0 panic=-1'


def boot(folder, kernel, initrd, *arguments, append=QUIET):
    """Runs until the kernel switches the machine off; its serial output."""
    status, out, err = run('run', '--accel', 'soft', '--memory', '256', '--timeout',
                           str(SECONDS - 20), '--kernel', kernel, '--initrd', initrd,
                           '--append', append, *arguments, seconds=SECONDS)
    expect(status == 0, f'status {status}: {err} {out[-800:]}')
    expect(b'sum 42' in out, f'the script did not run: {out[-800:]}')
    return out


def debian(folder, cpus):
    need_long()
    initrd = folder.file('initrd')
    kernel = initramfs.build(initrd, SCRIPT)
    out = boot(folder, kernel, initrd, '--cpus', str(cpus))
    expect(f'nproc {cpus}'.encode() in out and b'x86_64' in out, out[-800:])


def deterministic(folder):
    need_long()
    initrd = folder.file('initrd')
    kernel = initramfs.build(initrd, SCRIPT)
    seen = []
    for name in ('first.json', 'second.json'):
        stats = folder.file(name)
        out = boot(folder, kernel, initrd, '--deterministic', '--stats', stats)
        with open(stats, encoding='utf-8') as file:
            seen.append((out, json.load(file)['guest_instructions']))
    expect(seen[0][1] > 1000000, f'{seen[0][1]} instructions')
    expect(seen[0] == seen[1], f'{seen[0][1]} and {seen[1][1]} instructions')


def debian_32(folder, flavour):
    need_long()
    kernel = find(f'boot/vmlinuz-*[0-9]-{flavour}', f'linux-image-{flavour} for i386')
    busybox = [path for root in ROOTS[1:] for path in glob.glob(f'{root}/bin/busybox')]
    if not busybox:
        raise machine.Skip('busybox-static for i386 is not unpacked')
    initrd = folder.file('initrd')
    initramfs.pack(initrd, SCRIPT, busybox[0])
    out = boot(folder, kernel, initrd, '--set', 'cpu.model=x86-64')
    expect(b'i686' in out, out[-800:])


def installer_medium(folder, frontend, from_cd, append):
    images = f'usr/lib/debian-installer/images/12/amd64/{frontend}/debian-installer/amd64/'
    files = [(name, find(images + name, 'debian-installer-12-netboot-amd64'))
             for name in ('linux', 'initrd.gz')]
    if from_cd:
        config = ('DEFAULT it\nLABEL it\nKERNEL linux\n'
                  f'APPEND initrd=initrd.gz {append}\n')
        return ['--cdrom', isolinux_cd(folder, config, files), '--net', 'none']
    return ['--kernel', files[0][1], '--initrd', files[1][1], '--append', append,
            '--net', 'none']


def installer(folder, from_cd):
    """The text frontend on the VGA console: no driver may take it over."""
    need_long()
    medium = installer_medium(folder, 'text', from_cd, 'nomodeset')
    on_screen(folder, *medium, '--until-screen', 'Select a language', memory='1536')


def is_list(path):
    """Whether the picture is a form with a white list, one line of it chosen."""
    import gi
    gi.require_version('GdkPixbuf', '2.0')
    from gi.repository import GdkPixbuf

    picture = GdkPixbuf.Pixbuf.new_from_file(path)
    width, height, stride = picture.get_width(), picture.get_height(), picture.get_rowstride()
    rows = [picture.get_pixels()[y * stride:y * stride + 3 * width] for y in range(height)]
    white = sum(row[0::3].count(255) for row in rows)
    coloured = [y for y, row in enumerate(rows)
                if sum(g > r + 50 and b > r + 50 for r, g, b in
                       zip(row[0::3], row[1::3], row[2::3])) > .8 * width and y > height // 5]
    return (white > .4 * width * height and 12 < len(coloured) < 40
            and coloured[-1] - coloured[0] == len(coloured) - 1)


def graphical_installer(folder, from_cd):
    """It has no text to wait for, so it gets time, and more if it needs that."""
    need_long()
    medium = installer_medium(folder, 'gtk', from_cd, 'vga=788')
    for limit in (240, 1200):
        on_screen(folder, *medium, wanted=124, memory='1536', limit=limit)
        if is_list(folder.file('picture.png')):
            return
    expect(False, 'no list of languages on the screen')


CASES = {
    'GRUB on a floppy answers': grub_floppy,
    'GRUB on a CD answers': grub_cd,
    'Invaders plays': invaders,
    'HDT through ISOLINUX': hdt,
    'GNU Mach to its memory map': gnu_mach,
    'U-Boot to its prompt': u_boot,
    'U-Boot of 32 bits to its prompt': u_boot_32,
    'memtest86+ passes its first test': memtest,
    'iPXE on a CD to its prompt': ipxe,
    'the kernel to power-off': lambda folder: debian(folder, 1),
    'the kernel with 4 processors': lambda folder: debian(folder, 4),
    'deterministic runs are the same': deterministic,
    'the installer to its language menu': lambda folder: installer(folder, False),
    'the installer from a CD': lambda folder: installer(folder, True),
    'the graphical installer': lambda folder: graphical_installer(folder, False),
    'the graphical installer from a CD': lambda folder: graphical_installer(folder, True),
    'a 32-bit kernel with PAE': lambda folder: debian_32(folder, '686-pae'),
    'a 32-bit kernel without PAE': lambda folder: debian_32(folder, '686'),
}


def named(folder, name, function):
    folder.name = name.replace(' ', '-').lower()
    function(folder)


if __name__ == '__main__':
    # Words choose the cases whose names have one of them.
    words = sys.argv[1:] or ['']
    machine.main([(name, lambda folder, name=name, function=function:
                   named(folder, name, function)) for name, function in CASES.items()
                  if any(word in name for word in words)])
