extension Assets {
    static let appCSS = """
        :root {
          color-scheme: light dark;
          --ground: #fafbfc; --panel: #fff; --ink: #1b2330; --quiet: #5b6676; --line: #dde2e9; --accent: #1f6fd0; --bad: #b3261e;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #12161c; --panel: #1a2029; --ink: #e6eaf0; --quiet: #98a3b3; --line: #2c3542; --accent: #6fb0ff; --bad: #ff8f85;
          }
        }
        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        body {
          margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--ground); color: var(--ink);
          font: 1rem/1.5 system-ui, sans-serif;
        }
        header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .5rem 1.5rem; }
        h1 { margin: 0; font-size: 1.4rem; letter-spacing: .02em; }
        h2 { margin: 0 0 .75rem; font-size: 1rem; }
        #state { margin-left: auto; color: var(--quiet); }
        #state.bad, #result.bad { color: var(--bad); }
        section, #login {
          margin: 1rem 0; padding: 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem;
        }
        #login p { margin: .5rem 0 0; color: var(--quiet); }
        dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; margin: 0; }
        dt { color: var(--quiet); font-size: .875rem; }
        dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
        meter { width: 100%; height: .75rem; }
        form { display: flex; flex-wrap: wrap; gap: .5rem; }
        input, select, button {
          padding: .4rem .6rem; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line);
          border-radius: .35rem;
        }
        #cmd { flex: 1 1 18rem; font-family: ui-monospace, monospace; }
        button { cursor: pointer; }
        button:disabled { opacity: .5; cursor: default; }
        #go { background: var(--accent); border-color: var(--accent); color: var(--panel); }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        pre {
          min-height: 8rem; max-height: 24rem; margin: .75rem 0 .5rem; padding: .75rem; overflow: auto; white-space: pre-wrap;
          overflow-wrap: anywhere; background: var(--ground); border: 1px solid var(--line); border-radius: .35rem;
          font: .875rem/1.45 ui-monospace, monospace;
        }
        pre .stderr { color: var(--bad); }
        #result { min-height: 1.5rem; margin: 0; color: var(--quiet); }
        footer { display: flex; flex-wrap: wrap; gap: 1rem; font-size: .875rem; }
        footer a { color: var(--accent); }

        """
}
