// The console's one page: nothing but where its files are, and the policy that lets a browser load these and nothing else.

/** `base`: where the files are, a path that ends with `/`. */
export function pageOf(base: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Net control</title>
<link rel="icon" href="${base}icon.svg">
<link rel="stylesheet" href="${base}style.css">
<script type="module" src="${base}app.js"></script>
</head>
<body>
<div id="app">
<noscript>The console needs JavaScript. Without it: meshcore-room status, meshcore-room tail, or GET /api/v1/rooms.</noscript>
<p class="late">The console is still on its way. If it does not come, load this page again.</p>
</div>
</body>
</html>
`
}

/** Everything from this server, nothing inline, nothing in frames, and no way out but to this server. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
