// What a room is called on the screen.

interface Named {
  room: string
  name?: string | undefined
}

/**
 * By the name in the config of this server, but for the one room of a city: that has the city's name, and is called by its id, as
 * everywhere else. `server`: its name; undefined until it is known.
 */
export function roomTitle({ room, name }: Named, server: string | undefined): string {
  return name === undefined || server === undefined || name === server ? room : name
}
