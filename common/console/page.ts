// The console's one page: nothing but where its modules are, and the policy that lets a browser load these and nothing else.
import { createHash } from 'node:crypto'

export interface PageParts {
  /** Where the files are: a path that ends with `/`. */
  base: string
  entry: string
  /** Paths of all modules: loaded at once, not one after the other as each names the next. */
  modules: readonly string[]
  /** Bare import specifiers of packages with their paths. */
  pathBySpecifier: ReadonlyMap<string, string>
}

export function pageOf({ base, entry, modules, pathBySpecifier }: PageParts) {
  const packages = Object.fromEntries([...pathBySpecifier].map(([specifier, path]) => [specifier, base + path]))
  const importMap = JSON.stringify({ imports: packages })
  const preloads = modules.map(path => `<link rel="modulepreload" href="${base}${path}">`).join('\n')
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Net control</title>
<link rel="icon" href="${base}icon.svg">
<link rel="stylesheet" href="${base}style.css">
<script type="importmap">${importMap}</script>
${preloads}
<script type="module" src="${base}${entry}"></script>
</head>
<body>
<div id="app"><noscript>The console needs JavaScript. Without it: meshcore-room status, meshcore-room tail, or GET /api/v1/rooms.</noscript></div>
</body>
</html>
`
  return { html, contentSecurityPolicy: policyOf(importMap) }
}

/** Everything from this server, nothing inline but the import map, nothing in frames, and no way out but to this server. */
function policyOf(importMap: string): string {
  const hash = createHash('sha256').update(importMap).digest('base64')
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
