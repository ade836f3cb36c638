// Settings of a room with its disk in memory.
import { createLog } from '#common/log.ts'
import { RoomSettings, type SettingsConf } from '#edge/room-settings.ts'

const usual: SettingsConf = { federateAs: 'main', allowReadOnly: false, authorPostsPerMinute: 0, rf: true }

/** Those who share `disk` find what the others have kept. */
export function roomSettings(conf: Partial<SettingsConf> = {}, disk = new Map<string, string>()): RoomSettings {
  const meta = { get: (key: string) => disk.get(key), set: (key: string, value: string) => void disk.set(key, value) }
  return new RoomSettings({ conf: { ...usual, ...conf }, meta, log: createLog({ json: true, level: 'silent' }) })
}
