// Made by Scripts/build-console from Sources/Console.
extension Assets {
    static let indexHTML = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Sluice</title>
        <link rel="icon" href="favicon.ico" type="image/svg+xml">
        <link rel="stylesheet" href="assets/console.css">
        <script type="module" src="assets/console.js"></script>
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <a class="brand" href="#/"><img src="favicon.ico" alt="" width="22" height="22"> Sluice</a>
          <nav id="trail" aria-label="Where you are"></nav>
          <output id="state" class="state" data-state="connecting">connecting</output>
          <button id="logout" class="quiet" hidden>Log out</button>
        </header>
        <main id="main" tabindex="-1"></main>
        <dialog id="login" aria-labelledby="login-title">
          <form id="login-form">
            <h2 id="login-title">This gateway asks for a token</h2>
            <label for="token">Token</label>
            <input id="token" type="password" autocomplete="off" required>
            <p class="quiet">It is kept in a cookie that no script can read. An operator's runs commands, a viewer's looks on.
              Make one with <code>sluice token create</code>.</p>
            <p id="login-error" class="error" role="alert"></p>
            <button class="primary">Continue</button>
          </form>
        </dialog>
        <noscript><p class="notice">The console needs JavaScript.</p></noscript>
        </body>
        </html>

        """#
}
