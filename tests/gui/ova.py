# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an OVA as other programs export them: tar, OVF, stream-optimized VMDK."""

import io
import os
import struct
import tarfile
import zlib

GRAIN = 128  # sectors
OVF = '''<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
 <References><File ovf:id="file1" ovf:href="box-disk1.vmdk"/></References>
 <DiskSection><Info>disks</Info>
  <Disk ovf:diskId="d1" ovf:fileRef="file1" ovf:capacity="{capacity}"/></DiskSection>
 <VirtualSystem ovf:id="{name}"><Info>one</Info><Name>{name}</Name>
  <VirtualHardwareSection><Info>hardware</Info>
   <Item><rasd:ElementName>2 cpus</rasd:ElementName><rasd:ResourceType>3</rasd:ResourceType>
    <rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>
   <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>
    <rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>64</rasd:VirtualQuantity></Item>
  </VirtualHardwareSection></VirtualSystem>
</Envelope>
'''


def vmdk(disk):
    header = struct.pack('<4sIIQQQQIQQQ', b'KDMV', 3, 3 << 16, len(disk) // 512, GRAIN, 0, 0, 512,
                         0, 0xffffffffffffffff, 128).ljust(512, b'\0')
    out = io.BytesIO()
    out.write(header.ljust(128 * 512, b'\0'))
    for start in range(0, len(disk), GRAIN * 512):
        grain = disk[start:start + GRAIN * 512]
        if not any(grain):
            continue
        packed = zlib.compress(grain)
        out.write(struct.pack('<QI', start // 512, len(packed)) + packed)
        out.write(bytes(-out.tell() % 512))
    out.write(struct.pack('<QII', 1, 0, 1).ljust(512, b'\0') + bytes(512))  # a table
    out.write(bytes(512))  # the end
    return out.getvalue()


def write(path, name, disk):
    with tarfile.open(path, 'w', format=tarfile.USTAR_FORMAT) as tar:
        for member, data in (('box.ovf', OVF.format(name=name, capacity=len(disk)).encode()),
                             ('box-disk1.vmdk', vmdk(disk))):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def write_ovf(folder, name, size):
    """An OVF beside a raw disk of SIZE bytes that is one hole."""
    with open(os.path.join(folder, 'box-disk1.vmdk'), 'wb') as file:
        file.truncate(size)
    with open(os.path.join(folder, 'machine.ovf'), 'w') as file:
        file.write(OVF.format(name=name, capacity=size))
