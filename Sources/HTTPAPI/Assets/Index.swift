extension Assets {
    static let indexHTML = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sluice</title>
        <link rel="icon" href="/favicon.ico" type="image/svg+xml">
        <link rel="stylesheet" href="/assets/app.css">
        <script src="/assets/app.js" defer></script>
        </head>
        <body>
        <header>
          <h1>Sluice</h1>
          <label>Agent <select id="agent" disabled><option>none yet</option></select></label>
          <span id="state" role="status">connecting</span>
        </header>
        <main>
          <form id="login" hidden>
            <label>Token <input id="token" type="password" autocomplete="off" required></label>
            <button>Use it</button>
            <p>This gateway asks for a token. It is kept in this tab only. Make one with <code>sluice token create</code>.</p>
          </form>
          <section aria-labelledby="now">
            <h2 id="now">Now</h2>
            <dl>
              <div><dt>CPU</dt><dd id="cpu">–</dd><meter id="cpu-meter" max="100" high="80" optimum="0"></meter></div>
              <div><dt>Memory</dt><dd id="memory">–</dd><meter id="memory-meter" max="100" high="85" optimum="0"></meter></div>
              <div><dt>Load</dt><dd id="load">–</dd></div>
              <div><dt>Updated</dt><dd id="updated">–</dd></div>
            </dl>
          </section>
          <section aria-labelledby="run">
            <h2 id="run">Run a command</h2>
            <form id="command">
              <input id="cmd" aria-label="Command" placeholder="uname -a; uptime" autocomplete="off" spellcheck="false" required>
              <button id="go" disabled>Run</button>
              <button id="cancel" type="button" disabled>Cancel</button>
            </form>
            <pre id="output" tabindex="0" aria-label="Output" aria-live="off"></pre>
            <p id="result" role="status"></p>
          </section>
        </main>
        <footer>
          <a href="/healthz">healthz</a> <a href="/readyz">readyz</a> <a href="/stream-types">stream types</a>
          <a href="/agents">agents</a> <a href="/tasks">tasks</a> <a href="/admin/streams">streams</a>
          <a href="/metrics">metrics</a>
        </footer>
        </body>
        </html>

        """
}
