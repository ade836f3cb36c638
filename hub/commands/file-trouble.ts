// What an operator is told of a file that a command was given and that cannot be used.
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'it does not exist',
  EACCES: 'this user may not; take another place, or change whose it is',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
}

/** `what` names the file: "/x/y cannot be read". */
export function fileTrouble(what: string, error: NodeJS.ErrnoException): Error {
  const reason = reasons[error.code ?? ''] ?? error.message
  return new Error(`${what}: ${reason}`, { cause: error })
}
