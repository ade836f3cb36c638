// A small ext4 disk on a loop device whose power can be cut: what had not been flushed by then is gone.
import { execFileSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const imageBytes = 4 * 1024 ** 3
/** FS_IOC_SHUTDOWN (linux/fs.h) with NOLOGFLUSH: the filesystem stops at once, its journal in memory is dropped. */
const shutdownScript =
  'sysopen(my $dir, $ARGV[0], 0) or die $!; my $flags = pack("L", 2); ioctl($dir, 0x8004587d, $flags) or die $!'

export class Disk {
  readonly mountDir: string
  readonly #device: string

  private constructor(mountDir: string, device: string) {
    this.mountDir = mountDir
    this.#device = device
  }

  /** @throws Error when not root, or without loop devices. */
  static create(dir: string): Disk {
    const image = join(dir, 'disk.img')
    writeFileSync(image, '')
    truncateSync(image, imageBytes)
    run('mkfs.ext4', '-q', image)
    const device = run('losetup', '--find', '--show', image).trim()
    const disk = new Disk(join(dir, 'disk'), device)
    mkdirSync(disk.mountDir)
    disk.#mount()
    return disk
  }

  /** Everything written so far reaches the disk. */
  sync(): void {
    run('sync', '-f', this.mountDir)
  }

  /** From here on nothing reaches the disk. Processes still see what they wrote until they end. */
  cutPower(): void {
    run('perl', '-e', shutdownScript, this.mountDir)
  }

  /** Power is back: the journal is replayed as after any crash. Nothing may have files open on it. */
  restore(): void {
    run('umount', this.mountDir)
    this.#mount()
  }

  remove(): void {
    run('umount', this.mountDir)
    run('losetup', '--detach', this.#device)
  }

  /** The kernel itself commits rarely, so that the row tells apart who asked for it and who did not. */
  #mount(): void {
    run('mount', '-o', 'commit=600', this.#device, this.mountDir)
  }
}

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
