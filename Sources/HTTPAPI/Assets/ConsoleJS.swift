// Made by Scripts/build-console from Sources/Console.
extension Assets {
    static let consoleJS = #"""
        import { MetricsFormatter, SluiceError, StreamingClient } from '../client/sluice.js';
        let loading;
        /** Rejected where the gateway's machine does not have it. */
        function loadCharts() {
            loading ?? (loading = new Promise((resolve, reject) => {
                const script = document.createElement('script');
                script.src = 'assets/chart.js';
                script.addEventListener('load', () => resolve(globalThis.Chart));
                script.addEventListener('error', () => {
                    loading = undefined;
                    reject(new Error('no Chart.js'));
                });
                document.head.append(script);
            }));
            return loading;
        }
        /** An element with attributes and children. A text is set as text, never as markup. */
        function element(tag, attributes = {}, ...children) {
            const made = document.createElement(tag);
            for (const [name, value] of Object.entries(attributes))
                made.setAttribute(name, value);
            made.append(...children);
            return made;
        }
        function svgElement(tag, attributes, ...children) {
            const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
            for (const [name, value] of Object.entries(attributes))
                made.setAttribute(name, value);
            made.append(...children);
            return made;
        }
        function byId(id) {
            const found = document.getElementById(id);
            if (found === null)
                throw new Error(`there is no #${id}`);
            return found;
        }
        /** Writes a text where it differs, so that what does not change costs no layout. */
        function setText(node, text) {
            if (node.textContent !== text)
                node.textContent = text;
        }
        /** A share of the whole as a bar; null: unknown. */
        function setBar(bar, percent) {
            const value = Math.min(100, Math.max(0, percent ?? 0));
            bar.style.width = `${value}%`;
            bar.dataset.level = value >= 95 ? 'full' : value >= 80 ? 'high' : 'usual';
        }
        /** Set while somebody is logged in: the token itself is in a cookie that no script can read. */
        const loginMark = 'sluice-login';
        /** Of the gateway, which may be below a path of its own. */
        const base = new URL('.', document.baseURI).href.replace(/\/$/, '');
        /** All that the console streams comes over this client's one connection. */
        const streams = new StreamingClient(base);
        /** One call of the API. */
        async function call(method, path, body) {
            const headers = {};
            if (body !== undefined)
                headers['Content-Type'] = 'application/json';
            let response;
            try {
                response = await fetch(base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
            }
            catch {
                throw new SluiceError('the gateway cannot be reached', 0, 'network');
            }
            const answer = response.status === 204 ? undefined : await response.json().catch(() => ({}));
            if (response.ok)
                return answer;
            if (response.status === 401)
                askForToken();
            const message = answer.error ?? `the gateway answered ${response.status}`;
            throw new SluiceError(message, response.status, answer.code ?? 'unknown');
        }
        /** Another token starts the page anew, in every tab: everything there was made with the one before. */
        function askForToken() {
            showState('failed', 'not logged in');
            const dialog = byId('login');
            if (dialog.open)
                return;
            localStorage.removeItem(loginMark);
            dialog.addEventListener('cancel', (event) => event.preventDefault());
            byId('login-form').addEventListener('submit', (event) => {
                event.preventDefault();
                void logIn(byId('token').value.trim());
            });
            dialog.showModal();
        }
        async function logIn(token) {
            const error = byId('login-error');
            error.textContent = '';
            try {
                await call('POST', '/login', { token });
                localStorage.setItem(loginMark, String(Date.now()));
                location.reload();
            }
            catch (problem) {
                const isRefused = problem instanceof SluiceError && problem.status === 401;
                error.textContent = isRefused ? 'The token was not accepted.' : String(problem);
            }
        }
        /** The button that takes the cookie back, where there is one; and what other tabs do about it. */
        function offerLogout() {
            const button = byId('logout');
            button.hidden = localStorage.getItem(loginMark) === null;
            button.addEventListener('click', () => {
                void call('POST', '/logout').then(() => {
                    localStorage.removeItem(loginMark);
                    location.reload();
                }, (error) => alert(String(error)));
            });
            addEventListener('storage', (event) => {
                if (event.key === loginMark)
                    location.reload();
            });
        }
        const shownStates = {
            active: ['live', 'live'],
            reconnecting: ['reconnecting', 'reconnecting'],
            draining: ['reconnecting', 'reconnecting'],
            connecting: ['connecting', 'connecting'],
            waiting_for_agent: ['waiting for an agent', 'connecting'],
            agent_lost: ['agent lost', 'bad'],
            paused: ['paused', 'connecting'],
        };
        /** Shows where the stream of the view stands. */
        function showState(state, reason = '') {
            const [text, kind] = shownStates[state] ?? [reason || state.replace(/_/g, ' '), 'bad'];
            const output = byId('state');
            output.textContent = text;
            output.dataset.state = kind;
        }
        /** Lines that the page keeps; `/tasks/{id}/output` has them all. */
        const maximumLines = 5000;
        /** Runs a command on an agent and shows its output as it comes. */
        class CommandPanel {
            constructor(agent, life) {
                this.agent = agent;
                this.life = life;
                this.input = element('input', {
                    id: 'command', 'aria-label': 'Command', placeholder: 'uname -a; uptime', autocomplete: 'off', spellcheck: 'false',
                    required: '',
                });
                this.run = element('button', { class: 'primary' }, 'Run');
                this.cancel = element('button', { type: 'button', disabled: '' }, 'Cancel');
                this.output = element('div', {
                    class: 'output', tabindex: '0', role: 'log', 'aria-label': 'Output', 'aria-live': 'off',
                });
                this.result = element('p', { class: 'result', role: 'status' });
                this.pending = [];
                this.task = '';
                /** What has become of the task, where it has no exit code. */
                this.status = '';
                const form = element('form', {}, this.input, this.run, this.cancel);
                const title = element('h2', { id: 'command-title' }, 'Run a command');
                this.box = element('section', { class: 'panel command', 'aria-labelledby': 'command-title' }, title, form, this.output, this.result);
                form.addEventListener('submit', (event) => {
                    event.preventDefault();
                    if (!this.run.disabled)
                        void this.start(this.input.value);
                });
                this.cancel.addEventListener('click', () => { void this.stop(); });
            }
            async start(command) {
                this.output.replaceChildren();
                this.run.disabled = true;
                this.status = '';
                this.show('running');
                try {
                    const task = await call('POST', '/tasks/shell', { agent_id: this.agent, cmd: command });
                    this.task = task.task_id;
                    this.cancel.disabled = false;
                    const subscription = await streams.subscribe({ stream_type: 'shell_output', resource: task.task_id });
                    this.life.atEnd(() => { void subscription.unsubscribe(); });
                    subscription.on('shell_output', ({ data }) => this.append(data));
                    subscription.on('gap', ({ missed }) => this.note(`${missed ?? 'some'} lines are missing here`));
                    subscription.on('status', ({ state }) => {
                        if (state === 'reconnecting')
                            this.show('reconnecting');
                        else if (state === 'active')
                            this.show('running');
                    });
                    subscription.on('stream_end', ({ reason, exit_code }) => {
                        if (exit_code != null)
                            this.end(`exit code ${exit_code}`, exit_code === 0);
                        else
                            this.end((this.status || reason).replace(/_/g, ' '), false);
                    });
                }
                catch (error) {
                    this.end(error instanceof Error ? error.message : String(error), false);
                }
            }
            async stop() {
                this.cancel.disabled = true;
                this.show('cancelling');
                try {
                    await call('DELETE', `/tasks/${this.task}`);
                }
                catch (error) {
                    if (!this.run.disabled)
                        return; // it has ended by itself meanwhile
                    this.cancel.disabled = false;
                    this.show(error instanceof Error ? error.message : String(error), 'bad');
                }
            }
            append({ is_final, stream, line, status }) {
                if (is_final)
                    this.status = status ?? '';
                else
                    this.add(element('span', { class: stream }, `${line}\n`));
            }
            note(text) {
                this.add(element('span', { class: 'note' }, `${text}\n`));
            }
            /** Lines that come together are shown together. */
            add(line) {
                this.pending.push(line);
                if (this.pending.length > maximumLines)
                    this.pending.shift();
                if (this.pending.length === 1)
                    setTimeout(() => this.flush(), 16);
            }
            flush() {
                const { output } = this;
                const isAtEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 24;
                output.append(...this.pending.splice(0));
                while (output.childElementCount > maximumLines)
                    output.firstElementChild?.remove();
                if (isAtEnd)
                    output.scrollTop = output.scrollHeight;
            }
            end(text, isGood) {
                this.run.disabled = false;
                this.cancel.disabled = true;
                this.show(text, isGood ? 'good' : 'bad');
            }
            show(text, outcome = 'open') {
                this.result.textContent = text;
                this.result.dataset.outcome = outcome;
            }
        }
        const sparkPoints = 40;
        /** Agents of one page of the list; the search of the page is within them. */
        const listed = 1000;
        /** How long one that sends samples may be missing there. */
        const unknownTime = 1000;
        /** One line of the list. */
        class HostRow {
            constructor(id) {
                this.id = id;
                this.dot = element('span', { class: 'dot' });
                this.health = element('small');
                this.line = svgElement('polyline', {});
                this.area = svgElement('polygon', {});
                this.load = element('span', { class: 'load number' }, '–');
                this.gauges = {
                    cpu: gauge('CPU'), memory: gauge('Memory'), disk: gauge('Disk'),
                };
                this.history = [];
                const name = element('span', { class: 'name' }, this.dot, element('span', {}, id, this.health));
                const spark = svgElement('svg', {
                    class: 'spark', viewBox: `0 0 ${sparkPoints - 1} 100`, preserveAspectRatio: 'none', 'aria-hidden': 'true',
                }, this.area, this.line);
                this.link = element('a', { class: 'host', href: `#/agents/${encodeURIComponent(id)}` }, name);
                this.link.append(spark, ...Object.values(this.gauges).map(({ box }) => box), this.load);
                this.item = element('li', {}, this.link);
            }
            describe(agent) {
                const health = agent.connected ? agent.health : 'offline';
                this.dot.dataset.health = health;
                this.link.toggleAttribute('data-offline', !agent.connected);
                const hostname = agent.hostname === agent.agent_id ? '' : `${agent.hostname} · `;
                setText(this.health, hostname + (health === 'unknown' ? 'connected' : health));
            }
            show({ cpu, memory, disks, load }, isSnapshot) {
                const disk = fullest(disks);
                this.set('cpu', cpu?.usage_percent);
                this.set('memory', memory?.usage_percent);
                this.set('disk', disk);
                setText(this.load, MetricsFormatter.formatLoadAverage(load?.load1));
                if (!isSnapshot && cpu?.usage_percent != null)
                    this.draw(cpu.usage_percent);
            }
            matches(words) {
                return this.link.textContent?.toLowerCase().includes(words) ?? false;
            }
            set(name, percent) {
                const { value, bar } = this.gauges[name];
                setText(value, MetricsFormatter.formatPercentage(percent));
                setBar(bar, percent);
            }
            draw(percent) {
                this.history.push(percent);
                if (this.history.length > sparkPoints)
                    this.history.shift();
                const first = sparkPoints - this.history.length;
                const points = this.history.map((value, index) => `${first + index},${(98 - value * 0.96).toFixed(1)}`).join(' ');
                this.line.setAttribute('points', points);
                this.area.setAttribute('points', `${first},100 ${points} ${sparkPoints - 1},100`);
            }
        }
        function gauge(label) {
            const value = element('span', { class: 'number' }, '–');
            const bar = element('i');
            const text = element('span', {}, element('span', { class: 'label' }, label), value);
            const box = element('span', { class: 'gauge' }, text, element('span', { class: 'bar', 'aria-hidden': 'true' }, bar));
            return { box, value, bar };
        }
        function fullest(disks) {
            const usages = (disks ?? []).map(({ usage_percent }) => usage_percent);
            const known = usages.filter((usage) => usage !== null);
            return known.length > 0 ? Math.max(...known) : null;
        }
        /** All agents, live. */
        function showFleet(main, life) {
            const count = element('span', { class: 'quiet', role: 'status' });
            const search = element('input', { type: 'search', placeholder: 'Find a host', 'aria-label': 'Find a host' });
            const list = element('ul', { class: 'hosts', 'aria-label': 'Hosts' });
            const head = element('div', { class: 'hosts-head', 'aria-hidden': 'true' });
            for (const title of ['Host', '', 'CPU', 'Memory', 'Fullest disk'])
                head.append(element('span', {}, title));
            head.append(element('span', { class: 'load' }, 'Load'));
            const empty = element('p', { class: 'empty', hidden: '' });
            const end = element('div', { class: 'end' }, search);
            const title = element('div', { class: 'title' }, element('h1', {}, 'Fleet'), count, end);
            main.replaceChildren(title, element('section', { class: 'panel', 'aria-label': 'Hosts' }, head, list, empty));
            const rows = new Map();
            const filter = () => {
                const words = search.value.trim().toLowerCase();
                for (const row of rows.values())
                    row.item.hidden = !row.matches(words);
            };
            search.addEventListener('input', filter);
            let asked = 0;
            const refresh = async () => {
                asked = Date.now();
                try {
                    const { agents, total } = await call('GET', `/agents?per_page=${listed}`);
                    if (life.isOver)
                        return;
                    arrange(list, rows, agents);
                    const connected = agents.filter((agent) => agent.connected).length;
                    setText(count, `${connected} of ${total} connected`);
                    head.hidden = agents.length === 0;
                    empty.hidden = agents.length > 0;
                    setText(empty, 'No host has connected yet. Start sluice-agent on one.');
                    filter();
                }
                catch {
                    // the state at the top of the page says that the gateway cannot be reached, and the next turn asks again
                }
            };
            life.every(5000, () => { void refresh(); });
            const config = { interval: '2s', filters: ['cpu.usage_percent', 'memory.usage_percent', 'disks', 'load.load1'] };
            void life.follow(() => streams.subscribe({ stream_type: 'metrics', agent_id: '*', config }, { pausesWhenHidden: true }), (subscription) => subscription.on('metrics', (event) => {
                rows.get(event.agent_id)?.show(event.data, event.metadata.snapshot === true);
                if (!rows.has(event.agent_id) && Date.now() - asked > unknownTime)
                    void refresh();
            }));
        }
        /** By name, those that are connected first; rows stay where nothing changes, and with them the focus. */
        function arrange(list, rows, agents) {
            const sorted = [...agents]
                .sort((a, b) => Number(b.connected) - Number(a.connected) || a.agent_id.localeCompare(b.agent_id));
            const known = new Set(agents.map(({ agent_id }) => agent_id));
            for (const [id, row] of rows) {
                if (known.has(id))
                    continue;
                row.item.remove();
                rows.delete(id);
            }
            sorted.forEach((agent, index) => {
                const row = rows.get(agent.agent_id) ?? new HostRow(agent.agent_id);
                rows.set(agent.agent_id, row);
                row.describe(agent);
                if (list.children[index] !== row.item)
                    list.insertBefore(row.item, list.children[index] ?? null);
            });
        }
        /** What a chart shows, back from the newest value; less while there is less. */
        const shownTime = 120000;
        const shortestTime = 30000;
        /** Values of one series; of more, the oldest go. */
        const maximumPoints = 1300;
        /** The last two minutes of some values. Draws nothing by itself: `draw` is called when it is time. */
        class LiveChart {
            constructor(options) {
                this.options = options;
                this.canvas = element('canvas', { role: 'img' });
                const legend = element('span', { class: 'legend' });
                if (options.series.length > 1)
                    for (const name of options.series)
                        legend.append(element('span', {}, name));
                this.canvas.setAttribute('aria-label', `${options.title}, the last two minutes`);
                const top = element('div', { class: 'top' }, element('h2', {}, options.title), legend);
                this.box = element('section', { class: 'panel chart' }, top, element('div', { class: 'plot' }, this.canvas));
                this.points = options.series.map(() => []);
            }
            /** @param at Milliseconds. A null makes a hole in its line. */
            add(at, values) {
                this.points.forEach((points, index) => {
                    points.push({ x: at, y: values[index] ?? null });
                    const firstShown = points.findIndex(({ x }) => x >= at - shownTime - 5000);
                    const gone = Math.max(firstShown, points.length - maximumPoints);
                    if (gone > 0)
                        points.splice(0, gone);
                });
            }
            start(Chart) {
                const datasets = this.points.map((data, index) => ({
                    data, borderColor: '', backgroundColor: '', borderWidth: 1.5, pointRadius: 0, tension: 0.2, normalized: true,
                    fill: this.options.isStacked && index > 0 ? '-1' : 'origin',
                }));
                this.chart = new Chart(this.canvas, { type: 'line', data: { datasets }, options: this.chartOptions() });
                this.paint();
                this.draw(Date.now());
            }
            draw(now) {
                if (this.chart === undefined)
                    return;
                const known = now - (this.points[0][0]?.x ?? now);
                this.chart.options.scales.x.min = now - Math.min(shownTime, Math.max(shortestTime, known));
                this.chart.options.scales.x.max = now;
                this.chart.update('none');
            }
            /** Takes the colours of the page, which follow the system's. */
            paint() {
                if (this.chart === undefined)
                    return;
                const style = getComputedStyle(document.documentElement);
                const color = (name) => style.getPropertyValue(name).trim();
                this.chart.data.datasets.forEach((dataset, index) => {
                    dataset.borderColor = color(`--series-${index + 1}`);
                    dataset.backgroundColor = `${color(`--series-${index + 1}`)}22`;
                });
                for (const axis of [this.chart.options.scales.x, this.chart.options.scales.y]) {
                    axis.ticks.color = color('--quiet');
                    axis.grid.color = color('--line');
                }
                this.chart.update('none');
            }
            destroy() {
                this.chart?.destroy();
            }
            chartOptions() {
                const { format, maximum, isStacked = false } = this.options;
                const seconds = (value) => (value === 0 ? 'now' : `${value / 1000} s`);
                const ticks = { font: { size: 11 }, maxRotation: 0 };
                return {
                    animation: false, parsing: false, responsive: true, maintainAspectRatio: false, events: [],
                    layout: { padding: 0 },
                    plugins: { legend: { display: false }, tooltip: { enabled: false } },
                    scales: {
                        x: {
                            type: 'linear', grid: { display: false, drawBorder: false },
                            // Counted back from the newest, at full half minutes.
                            afterBuildTicks: (axis) => {
                                const ticks = [-120, -90, -60, -30, 0].map((back) => ({ value: axis.max + back * 1000 }));
                                axis.ticks = ticks.filter(({ value }) => value >= axis.min);
                            },
                            ticks: {
                                ...ticks, align: 'inner',
                                callback(value) { return seconds(Math.round(value - this.max)); },
                            },
                        },
                        y: {
                            type: 'linear', stacked: isStacked, min: 0, max: maximum, suggestedMax: maximum === undefined ? 1000 : undefined,
                            grid: { drawBorder: false }, border: { display: false },
                            ticks: { ...ticks, maxTicksLimit: 5, callback: format, padding: 6 },
                            afterFit: (axis) => { axis.width = 76; },
                        },
                    },
                };
            }
        }
        const retryTime = 5000;
        /** What one address of the console shows, until another one is shown: then its streams and timers end. */
        class ViewLife {
            constructor() {
                this.endings = new Set();
                this.hasEnded = false;
            }
            get isOver() {
                return this.hasEnded;
            }
            end() {
                this.hasEnded = true;
                for (const ending of this.endings)
                    ending();
                this.endings.clear();
            }
            atEnd(ending) {
                if (this.hasEnded)
                    ending();
                else
                    this.endings.add(ending);
            }
            later(milliseconds, action) {
                const cancel = () => clearTimeout(timer);
                const timer = setTimeout(() => {
                    this.endings.delete(cancel);
                    action();
                }, milliseconds);
                this.atEnd(cancel);
            }
            every(milliseconds, action) {
                action();
                const timer = setInterval(() => { if (!document.hidden)
                    action(); }, milliseconds);
                this.atEnd(() => clearInterval(timer));
            }
            /** Subscribes for as long as the view is shown, and again where the gateway could not be reached.
             *  @param begin Adds the listeners. */
            async follow(make, begin) {
                try {
                    const subscription = await make();
                    this.atEnd(() => { void subscription.unsubscribe(); });
                    if (this.hasEnded)
                        return;
                    showState(subscription.state);
                    subscription.on('status', ({ state, message }) => { if (!this.hasEnded)
                        showState(state, message); });
                    subscription.on('stream_end', ({ reason }) => {
                        if (this.hasEnded)
                            return;
                        if (['unauthorized', 'token_expired', 'token_revoked'].includes(reason))
                            askForToken();
                    });
                    begin(subscription);
                }
                catch (error) {
                    if (this.hasEnded)
                        return;
                    showState('failed', error instanceof SluiceError ? error.message : String(error));
                    if (error instanceof SluiceError && error.isTemporary) {
                        this.later(retryTime, () => { void this.follow(make, begin); });
                    }
                    if (error instanceof SluiceError && error.status === 401)
                        askForToken();
                }
            }
        }
        const intervals = [
            ['100ms', '10 × per second'], ['500ms', 'every 0.5 s'], ['1s', 'every second'], ['5s', 'every 5 s'],
        ];
        /** No eye needs more, and a chart costs a few milliseconds. */
        const drawTime = 250;
        /** Values that are older are no part of the same line. */
        const recentTime = 10000;
        const percent = (value) => `${Math.round(value)} %`;
        /** One value with a bar under it. */
        class Tile {
            constructor(label, id) {
                this.id = id;
                this.value = element('dd', { class: 'number' }, '–');
                this.bar = element('i');
                this.value.id = id;
                const bar = element('div', { class: 'bar', 'aria-hidden': 'true' }, this.bar);
                this.box = element('dl', { class: 'panel tile' }, element('dt', {}, label), this.value, bar);
            }
            set(text, detail, share) {
                this.value.replaceChildren(text, element('small', {}, detail));
                setBar(this.bar, share);
            }
        }
        /** The charts and tiles of an agent's metrics. */
        class MetricsBoard {
            constructor(life, notice) {
                this.tiles = element('div', { class: 'tiles' });
                this.charts = element('div', { class: 'charts' });
                this.cpu = new Tile('CPU', 'cpu');
                this.memory = new Tile('Memory', 'memory');
                this.disk = new Tile('Fullest disk', 'disk');
                this.load = new Tile('Load', 'load');
                this.cpuChart = new LiveChart({
                    title: 'CPU', series: ['user', 'system', 'waiting for disks'], format: percent, maximum: 100, isStacked: true,
                });
                this.memoryChart = new LiveChart({
                    title: 'Memory', series: ['used', 'swap'], format: percent, maximum: 100,
                });
                this.networkChart = new LiveChart({
                    title: 'Network', series: ['received', 'sent'], format: MetricsFormatter.formatNetworkSpeed,
                });
                this.diskChart = new LiveChart({
                    title: 'Disks', series: ['read', 'written'], format: MetricsFormatter.formatDiskIO,
                });
                /** Time of the last event, and when it came. */
                this.newest = 0;
                this.arrived = 0;
                this.all = [this.cpuChart, this.memoryChart, this.networkChart, this.diskChart];
                this.tiles.append(this.cpu.box, this.memory.box, this.disk.box, this.load.box);
                this.charts.append(...this.all.map(({ box }) => box));
                loadCharts().then((Chart) => {
                    if (life.isOver)
                        return;
                    for (const chart of this.all)
                        chart.start(Chart);
                    life.atEnd(() => { for (const chart of this.all)
                        chart.destroy(); });
                    life.every(drawTime, () => this.draw());
                }, () => {
                    this.charts.hidden = true;
                    notice.hidden = false;
                });
                const scheme = matchMedia('(prefers-color-scheme: dark)');
                const paint = () => { for (const chart of this.all)
                    chart.paint(); };
                scheme.addEventListener('change', paint);
                life.atEnd(() => scheme.removeEventListener('change', paint));
            }
            show({ timestamp, data, metadata }) {
                const { cpu, memory, load } = data;
                const { formatBytes: bytes, formatPercentage: share, formatLoadAverage: average } = MetricsFormatter;
                const cores = cpu?.core_usage?.length ?? 0;
                this.cpu.set(share(cpu?.usage_percent), cores > 0 ? `${cores} cores` : '', cpu?.usage_percent);
                this.memory.set(share(memory?.usage_percent), `of ${bytes(memory?.total_bytes)}`, memory?.usage_percent);
                const disk = (data.disks ?? []).find(({ usage_percent }) => usage_percent === fullest(data.disks));
                this.disk.set(share(disk?.usage_percent), disk?.mount_point ?? '', disk?.usage_percent);
                const ofCores = load?.load1 == null || cores === 0 ? null : (load.load1 / cores) * 100;
                this.load.set(average(load?.load1), `${average(load?.load5)} · ${average(load?.load15)}`, ofCores);
                if (metadata.snapshot === true)
                    this.snapshot = { at: Date.parse(timestamp), data };
                else
                    this.plotLive(Date.parse(timestamp), data);
            }
            /** With the last known values before the first live ones, where they are recent, there is a line at once. */
            plotLive(at, data) {
                const { snapshot } = this;
                this.snapshot = undefined;
                if (snapshot !== undefined && at - snapshot.at < recentTime)
                    this.plot(snapshot.at, snapshot.data);
                this.plot(at, data);
            }
            plot(at, { cpu, memory, network_interfaces: networks = [], disks = [] }) {
                const outside = networks.filter((network) => network.interface !== 'lo');
                this.cpuChart.add(at, [cpu?.user_percent, cpu?.system_percent, cpu?.iowait_percent]);
                this.memoryChart.add(at, [memory?.usage_percent, memory?.swap_usage_percent]);
                this.networkChart.add(at, [sum(outside, 'bytes_recv_per_sec'), sum(outside, 'bytes_sent_per_sec')]);
                this.diskChart.add(at, [sum(disks, 'read_bytes_per_sec'), sum(disks, 'write_bytes_per_sec')]);
                this.newest = at;
                this.arrived = Date.now();
            }
            /** By the clock of the gateway, which goes on from its last event. */
            draw() {
                const now = Date.now();
                for (const chart of this.all)
                    chart.draw(this.newest === 0 ? now : this.newest + (now - this.arrived));
            }
        }
        /** Null where nothing is known. A device that is mounted twice counts once. */
        function sum(items, name) {
            const seen = new Set();
            let total = null;
            for (const item of items) {
                const device = item.device ?? item;
                const value = item[name];
                if (seen.has(device) || typeof value !== 'number')
                    continue;
                seen.add(device);
                total = (total ?? 0) + value;
            }
            return total;
        }
        /** One agent: what it is, how it is, and a command line. */
        function showAgent(main, life, id) {
            const dot = element('span', { class: 'dot' });
            const facts = element('p', { class: 'facts' });
            const interval = element('select', { id: 'interval', 'aria-label': 'How often' });
            for (const [value, text] of intervals)
                interval.append(new Option(text, value, value === '1s', value === '1s'));
            const notice = element('p', { class: 'notice', hidden: '' }, 'For charts, install Chart.js on the gateway’s machine and load this page again: ', element('code', {}, 'apt install libjs-chart.js'));
            const board = new MetricsBoard(life, notice);
            const command = new CommandPanel(id, life);
            const end = element('div', { class: 'end' }, interval);
            const title = element('div', { class: 'title' }, dot, element('h1', {}, id), end);
            main.replaceChildren(title, facts, notice, board.tiles, board.charts, command.box);
            life.every(5000, () => {
                call('GET', `/agents/${encodeURIComponent(id)}`).then((agent) => {
                    dot.dataset.health = agent.connected ? agent.health : 'offline';
                    dot.title = agent.connected ? agent.health : 'offline';
                }, () => undefined); // the state at the top of the page tells
            });
            void describe(facts, id);
            let part = new ViewLife();
            life.atEnd(() => part.end());
            const watch = () => {
                part.end();
                part = new ViewLife();
                const request = { stream_type: 'metrics', agent_id: id, config: { interval: interval.value } };
                void part.follow(() => streams.subscribe(request, { pausesWhenHidden: true }), (subscription) => subscription.on('metrics', (event) => board.show(event)));
            };
            interval.addEventListener('change', watch);
            watch();
        }
        async function describe(facts, id) {
            const info = await call('GET', `/agents/${encodeURIComponent(id)}/system`).catch(() => undefined);
            const { software, hardware } = info ?? {};
            const texts = [
                software?.hostname !== id ? software?.hostname : undefined, software?.os?.distribution || software?.os?.name,
                software?.os?.kernel_version && `Linux ${software.os.kernel_version}`, hardware?.cpu?.model,
                hardware?.memory && `${MetricsFormatter.formatBytes(hardware.memory.total_bytes)} memory`,
                software && `up ${MetricsFormatter.formatUptime(software.uptime_seconds)}`,
            ];
            for (const text of texts)
                if (text)
                    facts.append(element('span', {}, text));
        }
        let life = new ViewLife();
        /** `#/` is the fleet, `#/agents/ID` one agent. */
        function show() {
            life.end();
            life = new ViewLife();
            const main = byId('main');
            const agent = /^#\/agents\/([^/]+)$/.exec(location.hash)?.[1];
            const id = agent === undefined ? undefined : decodeURIComponent(agent);
            byId('trail').replaceChildren(...(id === undefined ? [] : [element('span', {}, id)]));
            document.title = id === undefined ? 'Sluice' : `${id} · Sluice`;
            if (id === undefined)
                showFleet(main, life);
            else
                showAgent(main, life, id);
        }
        addEventListener('hashchange', () => {
            if (location.hash === '#main')
                return; // the link that skips the header
            show();
            byId('main').focus({ preventScroll: true });
            scrollTo(0, 0);
        });
        offerLogout();
        show();

        """#
}
