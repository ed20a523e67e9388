// Made by Scripts/build-console from Sources/Console.
extension Assets {
    static let consoleCSS = #"""
        :root {
          color-scheme: light dark;
          --ground: #f4f6f8; --panel: #fff; --raised: #f9fafb; --ink: #17212b; --quiet: #5a6876; --line: #dde3e9;
          --accent: #0b7f97; --accent-ink: #fff; --good: #1a8a55; --warn: #a76400; --bad: #c0332b;
          --series-1: #0b8fa8; --series-2: #d97706; --series-3: #7c5cd6; --track: #e6ebef;
          --mono: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #0e1318; --panel: #161d24; --raised: #1b232b; --ink: #e4eaf0; --quiet: #93a1af; --line: #28323c;
            --accent: #35b6cf; --accent-ink: #06222a; --good: #46c288; --warn: #e0a545; --bad: #ff7f75;
            --series-1: #35b6cf; --series-2: #f0a04b; --series-3: #a78bfa; --track: #26303a;
          }
        }
        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        body {
          margin: 0; background: var(--ground); color: var(--ink); font: .9375rem/1.5 system-ui, "DejaVu Sans", sans-serif;
          -webkit-font-smoothing: antialiased;
        }
        a { color: inherit; text-decoration: none; }
        h1, h2, h3, p { margin: 0; }
        h1 { font-size: 1.375rem; font-weight: 650; letter-spacing: -.01em; line-height: 1.25; }
        h2 { font-size: .9375rem; font-weight: 600; }
        code, pre, .mono { font-family: var(--mono); font-size: .92em; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: .375rem; }
        main:focus { outline: none; }
        .quiet { color: var(--quiet); }
        .error { color: var(--bad); }
        .error:empty { display: none; }
        .number { font-variant-numeric: tabular-nums; }
        .skip { position: absolute; left: -99rem; }
        .skip:focus { left: 1rem; top: .5rem; z-index: 3; padding: .25rem .75rem; background: var(--panel); }

        header {
          position: sticky; top: 0; z-index: 2; display: flex; align-items: center; gap: .75rem; min-height: 3.25rem;
          padding: .5rem max(1rem, calc((100% - 72rem) / 2 + 1rem)); background: var(--panel); border-bottom: 1px solid var(--line);
        }
        .brand { display: flex; align-items: center; gap: .5rem; font-weight: 650; letter-spacing: -.01em; }
        #trail { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--quiet); }
        #trail span::before { content: "/"; margin-right: .75rem; color: var(--line); }
        .state {
          display: inline-flex; align-items: center; gap: .45rem; margin-left: auto; padding: .15rem .65rem; flex: none;
          border: 1px solid var(--line); border-radius: 1rem; color: var(--quiet); font-size: .8125rem;
        }
        #logout { min-height: 1.75rem; padding: .05rem .6rem; font-size: .8125rem; font-weight: 400; }
        .state::before, .dot { content: ""; width: .5rem; height: .5rem; border-radius: 50%; background: var(--quiet); flex: none; }
        .state[data-state="live"]::before, .dot[data-health="healthy"] { background: var(--good); }
        .state[data-state="connecting"]::before, .state[data-state="reconnecting"]::before, .dot[data-health="degraded"] { background: var(--warn); }
        .state[data-state="bad"]::before, .dot[data-health="critical"] { background: var(--bad); }
        .dot[data-health="offline"] { background: none; box-shadow: inset 0 0 0 1.5px var(--quiet); }

        main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
        .title { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; margin-bottom: 1rem; }
        .title .end { display: flex; align-items: center; gap: .5rem; margin-left: auto; }
        .panel { background: var(--panel); border: 1px solid var(--line); border-radius: .625rem; }
        .notice { padding: .75rem 1rem; margin-bottom: 1rem; background: var(--panel); border: 1px solid var(--warn); border-radius: .625rem; }
        .empty { padding: 3rem 1rem; text-align: center; color: var(--quiet); }

        input, select, button {
          min-height: 2.25rem; padding: .3rem .75rem; font: inherit; color: inherit; background: var(--raised);
          border: 1px solid var(--line); border-radius: .4375rem;
        }
        input::placeholder { color: var(--quiet); opacity: .8; }
        button { cursor: pointer; font-weight: 550; }
        button:hover:enabled { border-color: var(--quiet); }
        button.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
        button.primary:hover:enabled { filter: brightness(1.08); border-color: var(--accent); }
        button:disabled { opacity: .45; cursor: default; }

        .hosts { margin: 0; padding: 0; list-style: none; overflow: hidden; }
        .hosts li + li { border-top: 1px solid var(--line); }
        .host, .hosts-head {
          display: grid; grid-template-columns: minmax(9rem, 1.6fr) 7.5rem repeat(3, minmax(5.5rem, 1fr)) 3.5rem; align-items: center;
          gap: 1.25rem; padding: .8rem 1.125rem;
        }
        .hosts-head { padding-block: .5rem; color: var(--quiet); font-size: .8125rem; border-bottom: 1px solid var(--line); }
        .host:hover { background: var(--raised); }
        .host:focus-visible { outline-offset: -2px; }
        .host .name { display: flex; align-items: center; gap: .7rem; min-width: 0; font-weight: 600; }
        .host .name > span:last-child { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
        .host .name small { display: block; overflow: hidden; text-overflow: ellipsis; color: var(--quiet); font-weight: 400; font-size: .8125rem; }
        .host[data-offline] > :not(.name) { opacity: .35; }
        .host .load, .hosts-head .load { text-align: right; }
        .spark { display: block; width: 7.5rem; height: 1.75rem; }
        .spark polyline { fill: none; stroke: var(--series-1); stroke-width: 1.5; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
        .spark polygon { fill: var(--series-1); opacity: .12; }
        .gauge { display: grid; gap: .25rem; }
        .gauge .label { display: none; color: var(--quiet); font-size: .8125rem; }
        .bar { height: .3125rem; overflow: hidden; background: var(--track); border-radius: .25rem; }
        .bar i { display: block; width: 0; height: 100%; background: var(--series-1); border-radius: inherit; transition: width .3s; }
        .bar i[data-level="high"] { background: var(--warn); }
        .bar i[data-level="full"] { background: var(--bad); }

        .facts { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: -.5rem 0 1.25rem; color: var(--quiet); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin-bottom: .75rem; }
        .tile { margin: 0; padding: .75rem 1rem .9rem; }
        .tile dt { color: var(--quiet); font-size: .8125rem; }
        .tile dd { margin: 0 0 .4rem; font-size: 1.5rem; font-weight: 600; letter-spacing: -.02em; line-height: 1.3; white-space: nowrap; }
        .tile dd small { margin-left: .3rem; color: var(--quiet); font-size: .8125rem; font-weight: 400; letter-spacing: 0; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: .75rem; }
        .chart { min-width: 0; padding: .8rem 1rem; }
        .chart .top { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; margin-bottom: .5rem; }
        .chart .legend { display: flex; flex-wrap: wrap; gap: .125rem .9rem; margin-left: auto; color: var(--quiet); font-size: .8125rem; }
        .legend span::before { content: ""; display: inline-block; width: .625rem; height: .1875rem; margin-right: .4rem; vertical-align: middle; border-radius: 1px; background: var(--series-1); }
        .legend span:nth-child(2)::before { background: var(--series-2); }
        .legend span:nth-child(3)::before { background: var(--series-3); }
        .plot { position: relative; height: 10.5rem; }

        .command { margin-top: .75rem; padding: .9rem 1rem 1rem; }
        .command form { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .6rem; }
        .command input { flex: 1 1 16rem; min-width: 0; font-family: var(--mono); font-size: .875rem; }
        .output {
          height: 16rem; margin: .6rem 0 .5rem; padding: .75rem .9rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere;
          background: #10161c; color: #d6dee6; border: 1px solid var(--line); border-radius: .4375rem; font: .8125rem/1.5 var(--mono);
        }
        .output:empty::before { content: "The output comes here, line by line."; color: #75838f; }
        .output .stderr { color: #ffa198; }
        .output .note { color: #e0b060; font-style: italic; }
        .result { min-height: 1.5rem; display: flex; gap: .5rem; color: var(--quiet); font-size: .875rem; }
        .result[data-outcome="good"] { color: var(--good); }
        .result[data-outcome="bad"] { color: var(--bad); }

        dialog {
          width: min(26rem, calc(100% - 2rem)); padding: 1.5rem; color: inherit; background: var(--panel);
          border: 1px solid var(--line); border-radius: .75rem; box-shadow: 0 1rem 3rem rgb(0 0 0 / .25);
        }
        dialog::backdrop { background: rgb(8 14 20 / .5); }
        dialog form { display: grid; gap: .6rem; }
        dialog h2 { font-size: 1.0625rem; }

        @media (max-width: 46rem) {
          .hosts-head { display: none; }
          .host { grid-template-columns: repeat(3, 1fr); gap: .6rem 1rem; }
          .host .name { grid-column: 1 / 3; }
          .host .spark { justify-self: end; width: 100%; }
          .host .load { display: none; }
          .gauge .label { display: inline; margin-right: .35rem; }
          .tile dd { font-size: 1.25rem; }
          .command input { flex-basis: 100%; }
          .command button { flex: 1; }
          .title .end { flex: 1 1 12rem; }
          .title .end > * { flex: 1; }
        }
        @media (prefers-reduced-motion: reduce) { .bar i { transition: none; } }

        """#
}
