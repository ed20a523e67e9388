// Made by Scripts/build-console from Sources/Console.
extension Assets {
    static let clientJS = #"""
        /** The gateway has refused a call, or could not be reached: then `status` is 0 and `code` is `network`. */
        class SluiceError extends Error {
            constructor(message, status, code, field,
            /** Milliseconds, where the gateway said when to come back. */
            retryAfter) {
                super(message);
                this.status = status;
                this.code = code;
                this.field = field;
                this.retryAfter = retryAfter;
                this.name = 'SluiceError';
            }
            /** Whether the same call may succeed later. */
            get isTemporary() {
                return this.status === 0 || this.status === 429 || this.status >= 500;
            }
        }
        // What the gateway sends: the `data` of each event and the bodies of the routes that are read. Units are in the names,
        // percentages are 0 to 100, `timestamp` inside a payload is seconds since 1970. A value that a host does not have is
        // null; a part that the filters of a subscription leave out is absent.
        const eventKinds = [
            'metrics', 'shell_output', 'docker_output', 'container_logs', 'processed_metrics', 'alert_events', 'processed_logs',
            'deployment_status', 'deployment_complete',
        ];
        // Made by Scripts/generate-types from what a gateway answers to GET /openapi.json.
        // The event-stream format of the HTML standard (9.2.6), as a parser that is fed text in pieces of any size.
        /** More characters than this without an end of the line, or of the event, are no event stream. */
        const maximumBuffered = 16 * 1024 * 1024;
        class EventStreamParser {
            constructor(handlers, lastEventId = '') {
                this.handlers = handlers;
                this.type = '';
                this.data = '';
                this.line = '';
                this.isAtStart = true;
                this.ignoresLineFeed = false;
                this.lastEventId = lastEventId;
                this.idBuffer = lastEventId;
            }
            /** An event whose empty line has not come is never told: to end a stream, stop pushing. */
            push(text) {
                let rest = text;
                if (rest === '')
                    return;
                if (this.isAtStart) {
                    this.isAtStart = false;
                    if (rest.charCodeAt(0) === 0xfeff)
                        rest = rest.slice(1);
                }
                if (this.ignoresLineFeed && rest !== '') {
                    this.ignoresLineFeed = false;
                    if (rest[0] === '\n')
                        rest = rest.slice(1);
                }
                let begin = 0;
                for (const end of rest.matchAll(/\r\n|\r|\n/g)) {
                    const at = end.index;
                    this.takeLine(this.line + rest.slice(begin, at));
                    this.line = '';
                    begin = at + end[0].length;
                    // The other half of a line end that was cut in two may be the first of the next piece.
                    this.ignoresLineFeed = end[0] === '\r' && begin === rest.length;
                }
                this.line += rest.slice(begin);
                if (this.line.length + this.data.length > maximumBuffered) {
                    throw new Error('the event stream has an event without end');
                }
            }
            takeLine(line) {
                if (line === '')
                    return this.dispatch();
                const colon = line.indexOf(':');
                if (colon === 0)
                    return; // a comment
                const name = colon < 0 ? line : line.slice(0, colon);
                const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
                switch (name) {
                    case 'event':
                        this.type = value;
                        break;
                    case 'data':
                        this.data += value + '\n';
                        break;
                    case 'id':
                        if (!value.includes('\0'))
                            this.idBuffer = value;
                        break;
                    case 'retry':
                        if (/^[0-9]+$/.test(value))
                            this.handlers.retry?.(Number(value));
                        break;
                    default: // unknown fields are ignored
                }
            }
            dispatch() {
                this.lastEventId = this.idBuffer;
                const { type, data } = this;
                this.type = '';
                this.data = '';
                if (data === '')
                    return;
                this.handlers.event({ type: type || 'message', data: data.slice(0, -1), lastEventId: this.lastEventId });
            }
        }
        const CONNECTING = 0;
        const OPEN = 1;
        const CLOSED = 2;
        const defaultRetry = 3000;
        const maximumRetry = 30000;
        /** A gateway says something at least every 15 s. */
        const deadAfter = 60000;
        /** EventSource over `fetch`, for where there is none: it reconnects, continues by `Last-Event-ID`, and gives up for the
         *  same answers. Other than a browser's it notices a connection that is dead without having ended. */
        class FetchEventSource extends EventTarget {
            constructor(url, fetcher = fetch) {
                super();
                this.url = url;
                this.fetcher = fetcher;
                this.readyState = CONNECTING;
                this.retry = defaultRetry;
                this.failures = 0;
                this.lastEventId = '';
                this.abort = new AbortController();
                void this.connect();
            }
            close() {
                this.readyState = CLOSED;
                clearTimeout(this.timer);
                clearTimeout(this.watchdog);
                this.abort.abort();
            }
            async connect() {
                this.abort = new AbortController();
                const headers = { Accept: 'text/event-stream' };
                if (this.lastEventId !== '')
                    headers['Last-Event-ID'] = this.lastEventId;
                try {
                    this.watch();
                    const options = { headers, cache: 'no-store', signal: this.abort.signal };
                    const response = await this.fetcher.call(globalThis, this.url, options);
                    const kind = response.headers.get('content-type') ?? '';
                    if (response.status !== 200 || !/^text\/event-stream\s*(;|$)/i.test(kind) || response.body === null) {
                        await response.body?.cancel();
                        return this.fail();
                    }
                    this.open();
                    await this.read(response.body);
                }
                catch {
                    // the network, or the abort of a connection that was silent for too long: the same as an end
                }
                this.reconnect();
            }
            async read(body) {
                const decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // the parser strips the one at the start
                const parser = new EventStreamParser({
                    event: ({ type, data, lastEventId }) => {
                        if (this.readyState !== CLOSED)
                            this.dispatchEvent(new MessageEvent(type, { data, lastEventId }));
                    },
                    retry: (milliseconds) => { this.retry = milliseconds; },
                }, this.lastEventId);
                const reader = body.getReader();
                for (;;) {
                    const { done, value } = await reader.read();
                    if (done || this.readyState === CLOSED)
                        return;
                    this.watch();
                    parser.push(decoder.decode(value, { stream: true }));
                    this.lastEventId = parser.lastEventId;
                }
            }
            open() {
                if (this.readyState === CLOSED)
                    return;
                this.readyState = OPEN;
                this.failures = 0;
                this.dispatchEvent(new Event('open'));
            }
            fail() {
                if (this.readyState === CLOSED)
                    return;
                this.close();
                this.dispatchEvent(new Event('error'));
            }
            reconnect() {
                if (this.readyState === CLOSED)
                    return;
                clearTimeout(this.watchdog);
                this.readyState = CONNECTING;
                this.dispatchEvent(new Event('error'));
                const delay = Math.max(this.retry, Math.min(maximumRetry, this.retry * 2 ** this.failures));
                this.failures = Math.min(this.failures + 1, 10);
                this.timer = setTimeout(() => { void this.connect(); }, delay * (0.75 + Math.random() / 4));
            }
            watch() {
                clearTimeout(this.watchdog);
                const { abort } = this;
                this.watchdog = setTimeout(() => abort.abort(), deadAfter);
            }
        }
        /** What waits for an iteration: bounded, the oldest go. */
        class EventQueue {
            constructor(limit, dropped, finished) {
                this.limit = limit;
                this.dropped = dropped;
                this.finished = finished;
                this.waiting = [];
                this.readers = [];
                this.hasEnded = false;
            }
            [Symbol.asyncIterator]() {
                return this;
            }
            push(event) {
                const reader = this.readers.shift();
                if (reader !== undefined)
                    return reader({ done: false, value: event });
                this.waiting.push(event);
                if (this.waiting.length > this.limit) {
                    this.waiting.shift();
                    this.dropped(1);
                }
            }
            end() {
                this.hasEnded = true;
                for (const reader of this.readers.splice(0))
                    reader({ done: true, value: undefined });
                this.finished();
            }
            next() {
                const value = this.waiting.shift();
                if (value !== undefined)
                    return Promise.resolve({ done: false, value });
                if (this.hasEnded)
                    return Promise.resolve({ done: true, value: undefined });
                return new Promise((resolve) => { this.readers.push(resolve); });
            }
            /** The loop was left. */
            return() {
                this.waiting.length = 0;
                this.end();
                return Promise.resolve({ done: true, value: undefined });
            }
        }
        /** Looks like an EventSource and gets its events from a subscription, so it takes no connection of its own. */
        class SubscriptionEventSource extends EventTarget {
            constructor(options, closed) {
                super();
                this.options = options;
                this.closed = closed;
                this.CONNECTING = CONNECTING;
                this.OPEN = OPEN;
                this.CLOSED = CLOSED;
                this.withCredentials = false;
                this.url = '';
                this.readyState = CONNECTING;
                this.onopen = null;
                this.onmessage = null;
                this.onerror = null;
                for (const kind of ['open', 'message', 'error']) {
                    this.addEventListener(kind, (event) => this[`on${kind}`]?.call(this.face, event));
                }
            }
            /** As what it is handed out. EventTarget's types know no MessageEvent, so the compiler cannot see that it is one. */
            get face() {
                return this;
            }
            close() {
                if (this.readyState === CLOSED)
                    return;
                this.readyState = CLOSED;
                this.closed();
            }
            /** @internal */
            opened() {
                if (this.readyState !== CONNECTING)
                    return;
                this.readyState = OPEN;
                this.dispatchEvent(new Event('open'));
            }
            /** @internal */
            broken() {
                if (this.readyState === CLOSED)
                    return;
                this.readyState = CONNECTING;
                this.dispatchEvent(new Event('error'));
            }
            /** @internal */
            ended() {
                if (this.readyState === CLOSED)
                    return;
                this.readyState = CLOSED;
                this.dispatchEvent(new Event('error'));
            }
            /** @internal */
            deliver(kind, raw, envelope) {
                if (this.readyState === CLOSED)
                    return;
                this.opened();
                this.dispatchEvent(new MessageEvent(kind, { data: this.options.bare ? JSON.stringify(envelope.data) : raw }));
            }
        }
        // `instanceof EventSource` holds, where there is one to be an instance of. Its constructor, which would connect, is not
        // called: `super()` above is EventTarget's.
        if (typeof EventSource !== 'undefined') {
            Object.setPrototypeOf(SubscriptionEventSource.prototype, EventSource.prototype);
        }
        /** Events that wait for the first listener, or for an iteration. */
        const maximumHeld = 10000;
        /** One subscription. What comes before the first listener is added waits for it. */
        class StreamSubscription {
            /** @internal */
            constructor(request, controls) {
                this.request = request;
                this.controls = controls;
                /** The gateway's id; another one after the gateway has forgotten the first. Empty before there is one. */
                this.id = '';
                /** The configuration in force. */
                this.config = {};
                /** Set with the state `ended`. */
                this.end = null;
                this.state = 'connecting';
                /** @internal */ this.url = '';
                this.listeners = new Map();
                this.queues = new Set();
                this.sources = new Set();
                this.held = [];
                this.heldTooMany = 0;
                this.lastSeq = 0;
            }
            on(event, listener) {
                const listeners = this.listeners.get(event) ?? new Set();
                this.listeners.set(event, listeners.add(listener));
                this.release();
                return this;
            }
            once(event, listener) {
                const once = (value) => {
                    this.off(event, once);
                    listener(value);
                };
                return this.on(event, once);
            }
            off(event, listener) {
                this.listeners.get(event)?.delete(listener);
                return this;
            }
            /** The events of the stream, until it ends. A loop that is slower than the stream loses the oldest: see `gap`. */
            [Symbol.asyncIterator]() {
                const dropped = (missed) => this.emit('gap', { missed });
                const queue = new EventQueue(maximumHeld, dropped, () => this.queues.delete(queue));
                this.queues.add(queue);
                if (this.end !== null)
                    queue.end();
                this.release();
                return queue;
            }
            /** The same events for code that was written for an EventSource. Closing it unsubscribes. */
            getEventSource(options = {}) {
                const source = new SubscriptionEventSource(options, () => { void this.unsubscribe(); });
                this.feed(source);
                return source.face;
            }
            /** Ends it; resolved when the gateway has, or cannot be reached. */
            async unsubscribe() {
                if (this.state === 'ended')
                    return;
                const left = this.state === 'paused' ? Promise.resolve() : this.controls.leave(this);
                this.ended({ reason: 'unsubscribed' });
                await left;
            }
            /** Gets nothing until `resume`; a stream that nobody else reads stops at its agent. */
            pause() {
                if (this.state === 'ended' || this.state === 'paused')
                    return;
                void this.controls.leave(this);
                this.changed({ state: 'paused' });
            }
            /** Goes on with what is new, and with the output of a task where it was. */
            resume() {
                if (this.state !== 'paused')
                    return;
                this.changed({ state: 'connecting' });
                this.controls.ask(this);
            }
            // -- From the page
            /** @internal */
            feed(source) {
                this.sources.add(source);
                source.url = this.url;
                if (this.end !== null)
                    source.ended();
                else if (this.state !== 'connecting')
                    source.opened();
                this.release();
            }
            /** @internal */
            bound(id, config, url) {
                this.id = id;
                this.config = config;
                this.url = url;
                for (const source of this.sources)
                    source.url = url;
            }
            /** @internal One event as it came. What a task has printed comes once, also where its stream begins anew. */
            deliver(kind, raw, envelope) {
                if (this.state === 'ended' || this.state === 'paused')
                    return;
                if (envelope.type === 'task_output') {
                    if (envelope.data.seq <= this.lastSeq)
                        return;
                    this.lastSeq = envelope.data.seq;
                }
                this.hold(() => {
                    for (const queue of this.queues)
                        queue.push(envelope);
                    for (const source of this.sources)
                        source.deliver(kind, raw, envelope);
                    this.emit(kind, envelope);
                });
            }
            /** @internal */
            missed(gap) {
                if (this.state !== 'ended')
                    this.hold(() => this.emit('gap', gap));
            }
            /** @internal */
            get isTaskOutput() {
                return this.request.stream_type === 'shell_output' || this.request.stream_type === 'docker_output';
            }
            /** @internal */
            changed(status) {
                if (this.state === 'ended' || this.state === status.state)
                    return;
                this.state = status.state;
                for (const source of this.sources) {
                    if (status.state === 'reconnecting')
                        source.broken();
                    else if (status.state !== 'connecting')
                        source.opened();
                }
                this.hold(() => this.emit('status', status));
            }
            /** @internal */
            ended(end) {
                if (this.state === 'ended')
                    return;
                this.hold(() => {
                    for (const queue of this.queues)
                        queue.end();
                    for (const source of this.sources)
                        source.ended();
                    this.emit('stream_end', end);
                });
                this.changed({ state: 'ended', message: end.reason });
                this.end = end;
            }
            hold(tell) {
                if (this.held === null)
                    return tell();
                this.held.push(tell);
                if (this.held.length > maximumHeld) {
                    this.held.shift();
                    this.heldTooMany += 1;
                }
            }
            /** In the next turn: whoever adds the first listener adds the others in this one. */
            release() {
                if (this.held === null)
                    return;
                queueMicrotask(() => {
                    const { held, heldTooMany } = this;
                    this.held = null;
                    if (heldTooMany > 0)
                        this.emit('gap', { missed: heldTooMany });
                    this.heldTooMany = 0;
                    for (const tell of held ?? [])
                        tell();
                });
            }
            emit(event, value) {
                for (const listener of [...this.listeners.get(event) ?? []]) {
                    try {
                        listener(value);
                    }
                    catch (error) {
                        console.error(error); // one listener's mistake is not the others'
                    }
                }
            }
        }
        const attempts = 6;
        const longestDelay = 10000;
        /** The calls of one gateway, made with one token. */
        class Api {
            constructor(base, token, fetcher) {
                this.token = token;
                this.fetcher = fetcher;
                this.base = base.replace(/\/+$/, '');
            }
            url(path) {
                return this.base + path;
            }
            /** Where the gateway says that something is: with the path that it is below, where it knows of one. */
            resolve(path) {
                const { origin, pathname } = new URL(this.base);
                return pathname !== '/' && path.startsWith(`${pathname}/`) ? origin + path : this.url(path);
            }
            get(path) {
                return this.call('GET', path);
            }
            /** Waits where the gateway asks for it. Without an answer a POST is not repeated: it may have been done. */
            post(path, body) {
                const isWorthIt = ({ status }) => status === 429 || status === 503;
                return this.insist(isWorthIt, () => this.call('POST', path, body));
            }
            /** Whatever is gone already is fine. */
            async delete(path) {
                await this.insist((error) => error.isTemporary, () => this.call('DELETE', path)).catch((error) => {
                    if (error.status !== 404)
                        throw error;
                });
            }
            async call(method, path, body) {
                const headers = {};
                if (this.token !== undefined)
                    headers.Authorization = `Bearer ${this.token}`;
                if (body !== undefined)
                    headers['Content-Type'] = 'application/json';
                let response;
                try {
                    const text = body === undefined ? undefined : JSON.stringify(body);
                    response = await this.fetcher.call(globalThis, this.url(path), { method, headers, body: text });
                }
                catch (error) {
                    throw new SluiceError(`the gateway cannot be reached: ${String(error)}`, 0, 'network');
                }
                if (!response.ok)
                    throw await refusal(response);
                return (response.status === 204 ? undefined : await response.json());
            }
            async insist(isWorthIt, call) {
                for (let attempt = 1;; attempt += 1) {
                    try {
                        return await call();
                    }
                    catch (error) {
                        if (attempt === attempts || !(error instanceof SluiceError) || !isWorthIt(error))
                            throw error;
                        await pause(Math.min(error.retryAfter ?? 250 * 2 ** attempt, longestDelay));
                    }
                }
            }
        }
        async function refusal(response) {
            const answer = await response.json().catch(() => ({}));
            const seconds = Number(response.headers.get('retry-after') ?? NaN);
            return new SluiceError(answer.error ?? `the gateway answered ${response.status}`, response.status, answer.code ?? 'unknown', answer.field, Number.isFinite(seconds) ? seconds * 1000 : undefined);
        }
        /** Up to a quarter shorter, so that many who wait for the same do not come together. */
        function pause(milliseconds) {
            return new Promise((resolve) => { setTimeout(resolve, milliseconds * (0.75 + Math.random() / 4)); });
        }
        const controlKinds = ['stream_status', 'gap', 'stream_end'];
        /** What every tab knows of what the leader has. */
        class SharedState {
            constructor() {
                this.lanes = new Map();
                this.bindings = new Map();
            }
            apply(message) {
                switch (message.kind) {
                    case 'state':
                        this.lanes.clear();
                        this.bindings.clear();
                        for (const lane of message.lanes)
                            this.lanes.set(lane.session, lane);
                        for (const binding of message.bindings)
                            this.bindings.set(binding.id, binding);
                        break;
                    case 'lane':
                        this.lanes.set(message.lane.session, message.lane);
                        break;
                    case 'laneGone':
                        this.lanes.delete(message.session);
                        break;
                    case 'bound':
                        this.bindings.set(message.binding.id, message.binding);
                        break;
                    case 'rebound':
                        this.bindings.delete(message.previous);
                        this.bindings.set(message.binding.id, message.binding);
                        break;
                    case 'ended':
                        this.bindings.delete(message.id);
                        break;
                    case 'left':
                        this.leave(message.user);
                        break;
                    case 'event': {
                        const lane = this.lanes.get(message.session);
                        if (lane !== undefined && message.lastEventId !== '')
                            lane.lastEventId = message.lastEventId;
                        break;
                    }
                    case 'refused': break;
                }
            }
            bindingOf(user) {
                for (const binding of this.bindings.values())
                    if (binding.users.includes(user))
                        return binding;
                return undefined;
            }
            bindingsIn(session) {
                return [...this.bindings.values()].filter((binding) => binding.session === session);
            }
            leave(user) {
                const binding = this.bindingOf(user);
                if (binding === undefined)
                    return;
                binding.users = binding.users.filter((other) => other !== user);
                if (binding.users.length === 0)
                    this.bindings.delete(binding.id);
            }
        }
        /** The tab of a user. */
        function tabOf(user) {
            return user.slice(0, user.indexOf('/'));
        }
        /** What two requests that the same events answer have in common; null where each reader begins with a history of its
         *  own, which is sent to the connection and not to one of its subscriptions. */
        function shareKey(request) {
            const config = request.config ?? {};
            const isLive = {
                metrics: true, processed_metrics: true, alert_events: config.snapshot !== true,
                processed_logs: config.since == null,
            };
            return isLive[request.stream_type] ? JSON.stringify([target(request), sorted(config)]) : null;
        }
        /** What a stream is about. */
        function target(request) {
            return JSON.stringify([request.stream_type, request.agent_id ?? '', request.resource ?? '']);
        }
        function sorted(config) {
            return Object.entries(config).filter(([, value]) => value !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
        }
        /** Events that may be for what is still being asked for. */
        const maximumEarly = 1000;
        /** How long a leader may take to say that somebody has left. */
        const leaveTime = 20000;
        /** The subscriptions of one page: asks the leader for them and hands out what comes. */
        class Desk {
            /** @param send To the leader, wherever it is. */
            constructor(tab, send) {
                this.tab = tab;
                this.send = send;
                this.state = new SharedState();
                this.readers = new Map();
                this.leaving = new Map();
                this.early = [];
                this.count = 0;
            }
            get subscriptions() {
                return [...this.readers.values()].map(({ subscription }) => subscription);
            }
            subscribe(request) {
                return new Promise((resolve, reject) => {
                    this.want(new StreamSubscription(request, this), { resolve, reject });
                });
            }
            ask(subscription) {
                this.want(subscription);
            }
            async leave(subscription) {
                const reader = [...this.readers.values()].find((other) => other.subscription === subscription);
                if (reader === undefined)
                    return;
                const { user } = reader;
                this.readers.delete(user);
                await new Promise((resolve) => {
                    const timer = setTimeout(resolve, leaveTime);
                    this.leaving.set(user, () => {
                        clearTimeout(timer);
                        resolve();
                    });
                    this.send({ to: 'leader', kind: 'leave', user });
                });
                this.leaving.delete(user);
            }
            receive(message) {
                const before = message.kind === 'ended' ? this.of(message.id)
                    : message.kind === 'rebound' ? this.of(message.previous) : [];
                this.state.apply(message);
                switch (message.kind) {
                    case 'state':
                        this.compare();
                        break;
                    case 'lane':
                        this.laneChanged(message.lane.session);
                        break;
                    case 'laneGone':
                        this.laneChanged(message.session);
                        break;
                    case 'bound':
                        this.bound(message.user, message.binding, message.snapshots);
                        break;
                    case 'rebound':
                        for (const reader of before)
                            this.rebound(reader, message.binding);
                        break;
                    case 'left':
                        this.leaving.get(message.user)?.();
                        break;
                    case 'refused':
                        this.refused(message);
                        break;
                    case 'ended':
                        for (const reader of before)
                            this.end(reader, message.end);
                        break;
                    case 'event':
                        this.event(message);
                        break;
                }
            }
            // -- Asking
            want(subscription, settle) {
                this.count += 1;
                const user = `${this.tab}/${this.count}`;
                this.readers.set(user, { user, subscription, binding: '', settle });
                this.send({ to: 'leader', kind: 'want', user, request: subscription.request });
            }
            /** A leader has told what there is: what this page wants and is not there is asked for again. */
            compare() {
                for (const reader of this.readers.values()) {
                    const binding = this.state.bindingOf(reader.user);
                    if (binding === undefined) {
                        reader.binding = '';
                        this.send({ to: 'leader', kind: 'want', user: reader.user, request: reader.subscription.request });
                    }
                    else if (reader.binding === '') {
                        this.bound(reader.user, binding, null);
                    }
                }
                for (const user of this.leaving.keys())
                    this.send({ to: 'leader', kind: 'leave', user });
            }
            bound(user, binding, snapshots) {
                const reader = this.readers.get(user);
                if (reader === undefined || reader.binding !== '')
                    return;
                reader.binding = binding.id;
                const { subscription } = reader;
                subscription.bound(binding.id, binding.config, binding.streamURL);
                this.tellState(reader, binding);
                reader.settle?.resolve(subscription);
                for (const data of snapshots ?? [])
                    this.deliver(subscription, binding, subscription.request.stream_type, data);
                if (snapshots === null)
                    for (const message of this.early)
                        this.route(message, [reader]);
                this.forgetEarly();
            }
            /** Whether the gateway's answer is still to come, which events of the subscription may overtake. */
            isAsked(reader) {
                const binding = this.state.bindings.get(reader.binding);
                return binding === undefined || !this.state.lanes.has(binding.session);
            }
            forgetEarly() {
                if (![...this.readers.values()].some((reader) => this.isAsked(reader)))
                    this.early = [];
            }
            rebound(reader, binding) {
                reader.binding = binding.id;
                reader.subscription.bound(binding.id, binding.config, binding.streamURL);
                this.tellState(reader, binding);
                // The output of a task comes again from its first line, and what is known of it is left out.
                if (!reader.subscription.isTaskOutput)
                    reader.subscription.missed({ missed: null, subscription_id: binding.id });
                for (const message of this.early)
                    this.route(message, [reader]);
                this.forgetEarly();
            }
            refused({ user, failure }) {
                const reader = this.readers.get(user);
                if (reader === undefined)
                    return;
                const { message, status, code, field } = failure;
                reader.settle?.reject(new SluiceError(message, status, code, field));
                this.end(reader, { reason: status === 401 ? 'unauthorized' : code });
            }
            end(reader, end) {
                this.readers.delete(reader.user);
                this.forgetEarly();
                reader.subscription.ended(end);
            }
            // -- What comes
            of(binding) {
                return [...this.readers.values()].filter((reader) => reader.binding === binding);
            }
            laneChanged(session) {
                for (const reader of this.readers.values()) {
                    const binding = this.state.bindings.get(reader.binding);
                    if (binding?.session === session)
                        this.tellState(reader, binding);
                }
            }
            tellState(reader, binding, message) {
                const lane = this.state.lanes.get(binding.session);
                const wasOpen = reader.subscription.state !== 'connecting';
                if (lane?.isOpen)
                    reader.subscription.changed({ state: binding.state, message });
                else if (wasOpen)
                    reader.subscription.changed({ state: 'reconnecting' });
            }
            event(message) {
                const readers = [...this.readers.values()];
                if (this.early.length < maximumEarly && readers.some((reader) => this.isAsked(reader)))
                    this.early.push(message);
                this.route(message, readers);
            }
            route(message, readers) {
                const content = JSON.parse(message.data);
                for (const reader of readers) {
                    const binding = this.state.bindings.get(reader.binding);
                    if (binding === undefined || binding.session !== message.session)
                        continue;
                    switch (message.event) {
                        case 'stream_status':
                            this.status(reader, binding, content);
                            break;
                        case 'gap':
                            if (content.subscription_id === binding.id)
                                reader.subscription.missed(content);
                            break;
                        case 'stream_end': break; // the leader tells who has ended
                        default: this.offer(reader, binding, message, content);
                    }
                }
            }
            status(reader, binding, content) {
                if (content.subscription_id !== undefined && content.subscription_id !== binding.id)
                    return;
                if (content.subscription_id === undefined)
                    return reader.subscription.changed({ state: content.state });
                binding.state = content.state;
                this.tellState(reader, binding, content.message);
            }
            offer(reader, binding, message, envelope) {
                const { agent_id: agent = '', resource = '' } = binding.request;
                if (envelope.view !== binding.view || envelope.resource !== resource)
                    return;
                if (agent !== '' && agent !== '*' && agent !== envelope.agent_id)
                    return;
                reader.subscription.deliver(message.event, message.data, envelope);
            }
            deliver(subscription, binding, kind, data) {
                const envelope = JSON.parse(data);
                if (envelope.view === binding.view)
                    subscription.deliver(kind, data, envelope);
            }
        }
        /** A browser's EventSource shows no heartbeats, so it cannot tell a connection that is dead from one that is quiet: one
         *  that has brought nothing for so long is opened anew, which loses nothing. */
        const longestSilence = 60000;
        /** The connection of one session. */
        class Lane {
            constructor(record, makeSource, showsHeartbeats, handlers) {
                this.record = record;
                this.makeSource = makeSource;
                this.showsHeartbeats = showsHeartbeats;
                this.handlers = handlers;
            }
            open() {
                this.source?.close();
                const { url, lastEventId } = this.record;
                const resumed = `${url}?last_event_id=${encodeURIComponent(lastEventId)}`;
                const source = this.makeSource(lastEventId === '' ? url : resumed);
                this.source = source;
                source.addEventListener('open', () => { if (source === this.source)
                    this.handlers.opened(); });
                source.addEventListener('error', () => {
                    if (source !== this.source)
                        return;
                    if (source.readyState === CLOSED)
                        this.handlers.gone();
                    else if (source.readyState === CONNECTING)
                        this.handlers.broken();
                });
                for (const kind of [...eventKinds, ...controlKinds]) {
                    source.addEventListener(kind, (event) => {
                        if (source !== this.source)
                            return;
                        this.watch();
                        this.handlers.event(kind, event.data, event.lastEventId);
                    });
                }
                this.watch();
            }
            close() {
                clearTimeout(this.watchdog);
                this.source?.close();
                this.source = undefined;
            }
            watch() {
                if (this.showsHeartbeats)
                    return;
                clearTimeout(this.watchdog);
                this.watchdog = setTimeout(() => this.open(), longestSilence);
            }
        }
        /** Subscriptions that a session takes; the gateway's limit. */
        const room = 256;
        /** Browsers make six connections to a host, and calls need some of them. */
        const maximumLanes = 4;
        const idleTime = 2000;
        /** The sessions: one, and more only where one cannot take what is wanted. */
        class LaneKeeper {
            constructor(options, handlers) {
                this.options = options;
                this.handlers = handlers;
                this.lanes = new Map();
                /** What is being made in each session: what it replays, or null. */
                this.reserved = new Map();
                this.placing = Promise.resolve();
                this.hasStopped = false;
                /** The network is back: what was connected may be dead without a sign of it. */
                this.reopen = () => {
                    for (const lane of this.lanes.values())
                        lane.open();
                };
                globalThis.addEventListener?.('online', this.reopen); // node has no such function
            }
            /** Finds room in a session.
             *  @param replayed The target of a stream that begins with its history, which one session sends once at a time. */
            async reserve(replayed) {
                const placed = this.placing.then(() => this.place(replayed));
                this.placing = placed.catch(() => undefined);
                return placed;
            }
            takeOver() {
                for (const record of this.options.state.lanes.values())
                    this.open(record);
            }
            /** After a while without subscriptions the session ends. */
            closeIfIdle(session) {
                setTimeout(() => {
                    if (this.hasStopped || !this.isIdle(session) || !this.lanes.has(session))
                        return;
                    this.forget(session);
                    void this.options.api.delete(`/sessions/${session}`).catch(() => undefined);
                }, idleTime);
            }
            forget(session) {
                this.lanes.get(session)?.close();
                if (!this.lanes.delete(session))
                    return;
                this.options.send({ to: 'tabs', kind: 'laneGone', session });
            }
            stop() {
                this.hasStopped = true;
                globalThis.removeEventListener?.('online', this.reopen);
                for (const lane of this.lanes.values())
                    lane.close();
                this.lanes.clear();
            }
            isIdle(session) {
                return this.load(session) === 0;
            }
            load(session) {
                return this.options.state.bindingsIn(session).length + (this.reserved.get(session)?.length ?? 0);
            }
            async place(replayed) {
                const session = [...this.lanes.keys()].find((lane) => this.load(lane) < room && !this.replays(lane, replayed))
                    ?? await this.create();
                const reserved = this.reserved.get(session) ?? [];
                this.reserved.set(session, [...reserved, replayed]);
                return { session, release: () => this.release(session, replayed) };
            }
            release(session, replayed) {
                const reserved = [...this.reserved.get(session) ?? []];
                reserved.splice(reserved.indexOf(replayed), 1);
                if (reserved.length > 0)
                    this.reserved.set(session, reserved);
                else
                    this.reserved.delete(session);
                this.closeIfIdle(session);
            }
            replays(session, replayed) {
                if (replayed === null)
                    return false;
                if (this.reserved.get(session)?.includes(replayed))
                    return true;
                return this.options.state.bindingsIn(session)
                    .some(({ request }) => shareKey(request) === null && target(request) === replayed);
            }
            async create() {
                if (this.lanes.size >= maximumLanes) {
                    const message = `there are ${maximumLanes} connections already, and none has room for this`;
                    throw new SluiceError(message, 0, 'too_many_connections');
                }
                const answer = await this.options.api.post('/sessions', {});
                const record = {
                    session: answer.session_id, url: this.options.api.resolve(answer.events_url), lastEventId: '', isOpen: false,
                };
                this.options.send({ to: 'tabs', kind: 'lane', lane: record });
                this.open(this.options.state.lanes.get(record.session) ?? record);
                return record.session;
            }
            open(record) {
                if (this.hasStopped)
                    return;
                const { session } = record;
                const lane = new Lane(record, this.options.makeSource, this.options.showsHeartbeats, {
                    event: (kind, data, lastEventId) => this.handlers.event(session, kind, data, lastEventId),
                    opened: () => {
                        this.tell(record, true);
                        this.handlers.opened(session);
                    },
                    broken: () => this.tell(record, false),
                    gone: () => {
                        this.tell(record, false);
                        this.handlers.gone(session);
                    },
                });
                this.lanes.set(session, lane);
                lane.open();
            }
            tell(record, isOpen) {
                record.isOpen = isOpen;
                this.options.send({ to: 'tabs', kind: 'lane', lane: record });
            }
        }
        /** Agents whose last values are kept for each subscription; of others a newcomer sees the next ones. */
        const maximumAgents = 1000;
        /** The last event of each agent, for those who join a subscription that others read already. */
        class Snapshots {
            constructor() {
                this.last = new Map();
                /** Events that came while subscriptions were asked for, whose answers may come later. */
                this.unclaimed = [];
            }
            /** @param isAsking Whether more subscriptions than these are being asked for. */
            keep(kind, data, bindings, isAsking) {
                if (kind !== 'metrics' && kind !== 'processed_metrics')
                    return;
                if (isAsking)
                    this.unclaimed.push(data);
                if (this.unclaimed.length > maximumAgents)
                    this.unclaimed.shift();
                this.add(data, bindings);
            }
            claim(binding) {
                for (const data of this.unclaimed)
                    this.add(data, [binding]);
            }
            forgetUnclaimed() {
                this.unclaimed = [];
            }
            add(data, bindings) {
                const { view, agent_id: agent } = JSON.parse(data);
                for (const binding of bindings) {
                    const asked = binding.request.agent_id;
                    if (binding.view !== view || binding.key === null || (asked !== '*' && asked !== agent))
                        continue;
                    const agents = this.last.get(binding.id) ?? new Map();
                    if (agents.has(agent) || agents.size < maximumAgents)
                        agents.set(agent, data);
                    this.last.set(binding.id, agents);
                }
            }
            of(binding) {
                if (binding.config.snapshot === false)
                    return [];
                return [...this.last.get(binding.id)?.values() ?? []].map((data) => {
                    const envelope = JSON.parse(data);
                    return JSON.stringify({ ...envelope, metadata: { ...envelope.metadata, snapshot: true } });
                });
            }
            forget(id) {
                this.last.delete(id);
            }
        }
        /** As many as can be asked for at a time; what was deleted here ends in the same way. */
        const maximumEarlyEnds = 1000;
        /** Holds the sessions of all tabs, and subscribes and unsubscribes for them. */
        class Leader {
            constructor(options) {
                this.options = options;
                this.snapshots = new Snapshots();
                /** Those who want something that is being asked for, by user. */
                this.asking = new Map();
                /** What is being asked for and can be shared, by key. */
                this.askedByKey = new Map();
                /** Ends of subscriptions whose answer has not come yet. */
                this.earlyEnds = new Map();
                this.awaited = 0;
                /** Subscriptions to be deleted once the gateway can be reached. */
                this.stale = new Set();
                this.hasStopped = false;
                this.ready = Promise.resolve();
                this.lanes = new LaneKeeper(options, {
                    event: (session, kind, data, lastEventId) => this.pass(session, kind, data, lastEventId),
                    opened: () => { void this.deleteStale(); },
                    gone: (session) => { void this.askAnew(session); },
                });
            }
            /** Tells all tabs that somebody leads, and reads on where another leader was. */
            start() {
                if (this.options.state.lanes.size > 0)
                    this.ready = this.takeOver();
                this.options.send(this.stateMessage());
            }
            receive(message) {
                switch (message.kind) {
                    case 'hello':
                        this.options.send(this.stateMessage());
                        break;
                    case 'want':
                        void this.want(message.user, message.request);
                        break;
                    case 'leave':
                        void this.leave(message.user);
                        break;
                }
            }
            /** A tab has closed without saying so. */
            tabGone(tab) {
                const users = [...this.options.state.bindings.values()].flatMap((binding) => binding.users);
                for (const user of [...users, ...this.asking.keys()])
                    if (user.startsWith(`${tab}/`))
                        void this.leave(user);
            }
            stop() {
                this.hasStopped = true;
                this.lanes.stop();
            }
            /** Ends all sessions: nobody is left who reads them. */
            async end() {
                const sessions = [...this.options.state.lanes.keys()];
                this.stop();
                const end = (session) => this.options.api.delete(`/sessions/${session}`);
                await Promise.all(sessions.map((session) => end(session).catch(() => undefined)));
            }
            stateMessage() {
                const { lanes, bindings } = this.options.state;
                return { to: 'tabs', kind: 'state', lanes: [...lanes.values()], bindings: [...bindings.values()] };
            }
            // -- Wanting and leaving
            async want(user, request) {
                await this.ready;
                if (this.asking.has(user))
                    return;
                const key = shareKey(request);
                const known = this.options.state.bindingOf(user) ?? this.shared(key);
                if (known !== undefined)
                    return this.bind(known, user, this.snapshots.of(known));
                const asker = { key, hasLeft: false };
                this.asking.set(user, asker);
                try {
                    const binding = await this.askOnce(request, key);
                    this.snapshots.claim(binding);
                    if (!asker.hasLeft)
                        this.bind(binding, user, null);
                    else if (binding.users.length === 0 && !this.isAwaited(key))
                        await this.dispose(binding);
                }
                catch (error) {
                    this.options.send({ to: 'tabs', kind: 'refused', user, failure: failure(error) });
                }
                finally {
                    this.asking.delete(user);
                    if (this.asking.size === 0)
                        this.snapshots.forgetUnclaimed();
                }
            }
            shared(key) {
                if (key === null)
                    return undefined;
                return [...this.options.state.bindings.values()].find((binding) => binding.key === key);
            }
            isAwaited(key) {
                return key !== null && [...this.asking.values()].some((asker) => asker.key === key && !asker.hasLeft);
            }
            async askOnce(request, key) {
                if (key === null)
                    return this.ask(request, key);
                const asked = this.askedByKey.get(key) ?? this.ask(request, key).finally(() => this.askedByKey.delete(key));
                this.askedByKey.set(key, asked);
                return asked;
            }
            async ask(request, key) {
                const place = await this.lanes.reserve(key === null ? target(request) : null);
                this.awaited += 1;
                try {
                    const { session } = place;
                    const info = await this.options.api.post('/subscriptions', { ...request, session_id: session });
                    return {
                        id: info.subscription_id, session, request, key, view: info.view, config: info.config,
                        streamURL: this.options.api.resolve(info.stream_url), users: [],
                        state: info.agent_connected ? 'active' : 'waiting_for_agent',
                    };
                }
                finally {
                    place.release();
                    this.awaited -= 1;
                }
            }
            /** Where a stream was over before the answer came: now that all know it, all may know its end. */
            tellEarlyEnd(id) {
                const end = this.earlyEnds.get(id);
                if (this.awaited === 0 || this.earlyEnds.size === maximumEarlyEnds)
                    this.earlyEnds.clear();
                if (end !== undefined)
                    this.tellEnd(id, end);
            }
            tellEnd(id, end) {
                this.earlyEnds.delete(id);
                this.snapshots.forget(id);
                this.options.send({ to: 'tabs', kind: 'ended', id, end });
                // The gateway keeps it for a while, for those who have not seen its end; in the session it takes room.
                if (end.reason === 'completed')
                    void this.remove(id);
            }
            bind(binding, user, snapshots) {
                if (!binding.users.includes(user))
                    binding.users.push(user);
                this.options.send({ to: 'tabs', kind: 'bound', binding, user, snapshots });
                this.tellEarlyEnd(binding.id);
            }
            async leave(user) {
                const asker = this.asking.get(user);
                if (asker !== undefined)
                    asker.hasLeft = true;
                const binding = this.options.state.bindingOf(user);
                if (binding !== undefined && binding.users.length === 1) {
                    this.options.state.bindings.delete(binding.id); // nobody joins what is being deleted
                    await this.dispose(binding);
                }
                this.options.send({ to: 'tabs', kind: 'left', user });
            }
            async dispose(binding) {
                this.snapshots.forget(binding.id);
                await this.remove(binding.id);
                this.lanes.closeIfIdle(binding.session);
            }
            async remove(id) {
                await this.options.api.delete(`/subscriptions/${id}`).catch(() => this.stale.add(id));
            }
            async deleteStale() {
                for (const id of [...this.stale]) {
                    this.stale.delete(id);
                    await this.remove(id);
                }
            }
            // -- What the gateway sends
            pass(session, kind, data, lastEventId) {
                this.options.send({ to: 'tabs', kind: 'event', session, event: kind, data, lastEventId });
                if (kind === 'stream_end')
                    this.ended(session, JSON.parse(data));
                else
                    this.snapshots.keep(kind, data, this.options.state.bindingsIn(session), this.asking.size > 0);
            }
            ended(session, end) {
                if (end.subscription_id !== undefined) {
                    if (this.options.state.bindings.has(end.subscription_id))
                        this.tellEnd(end.subscription_id, end);
                    else if (this.awaited > 0 && this.earlyEnds.size < maximumEarlyEnds)
                        this.earlyEnds.set(end.subscription_id, end);
                    this.lanes.closeIfIdle(session);
                }
                else if (end.reason === 'token_expired' || end.reason === 'token_revoked') {
                    this.endAll(session, end.reason);
                }
                else if (end.reason === 'replaced') {
                    void this.askAnew(session); // somebody else reads this session
                }
            }
            endAll(session, reason) {
                for (const { id } of this.options.state.bindingsIn(session)) {
                    this.options.send({ to: 'tabs', kind: 'ended', id, end: { reason, subscription_id: id } });
                }
                this.lanes.forget(session);
            }
            // -- A session that is gone
            /** Subscribes anew to what was read in a session that the gateway does not know any more. */
            async askAnew(session) {
                this.lanes.forget(session);
                for (let delay = 500; !this.hasStopped; delay = Math.min(delay * 2, 30000)) {
                    const lost = this.options.state.bindingsIn(session);
                    if (lost.length === 0)
                        return;
                    const outcomes = await Promise.all(lost.map((binding) => this.replace(binding)));
                    if (!outcomes.includes('later'))
                        return;
                    await pause(delay);
                }
            }
            async replace(lost) {
                try {
                    const binding = await this.ask(lost.request, lost.key);
                    if (!this.options.state.bindings.has(lost.id)) {
                        await this.dispose(binding); // all have left meanwhile
                        return 'done';
                    }
                    this.snapshots.forget(lost.id);
                    this.options.send({ to: 'tabs', kind: 'rebound', previous: lost.id, binding: { ...binding, users: lost.users } });
                    this.tellEarlyEnd(binding.id);
                    return 'done';
                }
                catch (error) {
                    const { code, status } = failure(error);
                    if (error instanceof SluiceError && error.isTemporary)
                        return 'later';
                    const reason = status === 401 ? 'unauthorized' : code;
                    this.options.send({ to: 'tabs', kind: 'ended', id: lost.id, end: { reason, subscription_id: lost.id } });
                    return 'done';
                }
            }
            // -- Taking over
            /** Reads on where the leader before this one was, after its last event that everybody has. What it asked for without
             *  telling anybody the answer goes. */
            async takeOver() {
                const { api, state } = this.options;
                const sessions = [...state.lanes.keys()];
                const known = new Set(state.bindings.keys());
                this.lanes.takeOver();
                await Promise.all(sessions.map(async (session) => {
                    const path = `/subscriptions?session_id=${session}&per_page=1000`;
                    const list = await api.get(path).catch(() => ({ subscriptions: [] }));
                    const orphans = list.subscriptions.filter(({ subscription_id }) => !known.has(subscription_id));
                    const end = (id) => api.delete(`/subscriptions/${id}`);
                    await Promise.all(orphans.map(({ subscription_id }) => end(subscription_id).catch(() => undefined)));
                }));
            }
        }
        function failure(error) {
            if (error instanceof SluiceError) {
                return { message: error.message, status: error.status, code: error.code, field: error.field };
            }
            return { message: String(error), status: 0, code: 'internal' };
        }
        /** How long a new leader waits for what the one before it has told last. */
        const echoTime = 1000;
        /** The tabs of one browser that read the same gateway with the same token. A Web Lock says who leads, another one for
         *  each tab that it is still there; a BroadcastChannel carries the messages. */
        class TabGroup {
            constructor(tab, api, handlers) {
                this.tab = tab;
                this.api = api;
                this.handlers = handlers;
                this.name = '';
                this.waiting = [];
                this.watched = new Set();
                this.closing = new AbortController();
                this.leads = false;
                void this.join();
            }
            /** Both exist in secure contexts: https and localhost. */
            static get isPossible() {
                return typeof navigator !== 'undefined' && 'locks' in navigator && typeof BroadcastChannel !== 'undefined'
                    && typeof document !== 'undefined' && typeof crypto !== 'undefined' && crypto.subtle !== undefined;
            }
            toTabs(message) {
                this.channel?.postMessage(message);
                if (message.kind === 'bound')
                    this.watch(tabOf(message.user));
            }
            toLeader(message) {
                if (this.channel === undefined)
                    this.waiting.push(message);
                else
                    this.channel.postMessage(message);
            }
            close() {
                this.closing.abort();
                if (this.leads)
                    this.handlers.standDown();
                this.channel?.close();
            }
            async join() {
                this.name = `sluice ${this.api.base} ${await digest(this.api.token ?? '')}`;
                await this.hold(`${this.name} tab ${this.tab}`);
                if (this.closing.signal.aborted)
                    return;
                this.channel = new BroadcastChannel(this.name);
                this.channel.onmessage = ({ data }) => this.receive(data);
                void this.hold(`${this.name} leader`).then(() => this.lead());
                this.channel.postMessage({ to: 'leader', kind: 'hello' });
                for (const message of this.waiting.splice(0))
                    this.channel.postMessage(message);
            }
            receive(message) {
                if (message.to === 'tabs')
                    this.handlers.toTabs(message);
                else if (message.to === 'leader')
                    this.handlers.toLeader(message);
            }
            /** Takes a lock and keeps it until the tab closes. */
            hold(name) {
                return new Promise((resolve) => {
                    navigator.locks.request(name, { signal: this.closing.signal }, () => {
                        resolve();
                        return new Promise((release) => { this.closing.signal.addEventListener('abort', () => release()); });
                    }).catch(() => undefined); // closed while it waited
                });
            }
            async lead() {
                await this.echo();
                if (this.closing.signal.aborted)
                    return;
                this.leads = true;
                this.handlers.lead();
                for (const tab of this.handlers.tabs())
                    this.watch(tab);
            }
            /** Until everything that was posted before has been received. */
            echo() {
                return new Promise((resolve) => {
                    const mark = `${this.tab} ${Date.now()}`;
                    const other = new BroadcastChannel(this.name);
                    const done = () => {
                        clearTimeout(timer);
                        this.channel?.removeEventListener('message', seen);
                        other.close();
                        resolve();
                    };
                    const seen = ({ data }) => { if (data.to === 'self' && data.mark === mark)
                        done(); };
                    const timer = setTimeout(done, echoTime);
                    this.channel?.addEventListener('message', seen);
                    other.postMessage({ to: 'self', mark });
                });
            }
            /** Tells when a tab has gone: its lock is free then. */
            watch(tab) {
                if (tab === this.tab || this.watched.has(tab))
                    return;
                this.watched.add(tab);
                navigator.locks.request(`${this.name} tab ${tab}`, { signal: this.closing.signal }, () => {
                    this.watched.delete(tab);
                    this.handlers.tabGone(tab);
                }).catch(() => undefined);
            }
        }
        /** So that no token is in the name of a lock. */
        async function digest(text) {
            const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
            return Array.from(new Uint8Array(bytes).slice(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('');
        }
        /** What the clients of one page with the same gateway and token have in common. */
        class Exchange {
            constructor(options) {
                this.options = options;
                this.clients = 0;
                this.api = new Api(options.base, options.token, options.fetch);
                const tab = randomName();
                this.desk = new Desk(tab, (message) => this.toLeader(message));
                if (options.sharesTabs && TabGroup.isPossible) {
                    this.group = new TabGroup(tab, this.api, {
                        toTabs: (message) => this.desk.receive(message),
                        toLeader: (message) => this.leader?.receive(message),
                        lead: () => { this.lead(); },
                        standDown: () => {
                            this.leader?.stop();
                            this.leader = undefined;
                        },
                        tabGone: (gone) => this.leader?.tabGone(gone),
                        tabs: () => [...this.desk.state.bindings.values()].flatMap(({ users }) => users.map(tabOf)),
                    });
                }
                else {
                    this.lead();
                }
            }
            static for(options) {
                const same = Exchange.all.find((other) => Object.keys(options)
                    .every((name) => other.options[name] === options[name]));
                const exchange = same ?? new Exchange(options);
                if (same === undefined)
                    Exchange.all.push(exchange);
                exchange.clients += 1;
                return exchange;
            }
            /** When the last client of the page has closed, nothing is left of it. */
            async release() {
                this.clients -= 1;
                if (this.clients > 0)
                    return;
                Exchange.all.splice(Exchange.all.indexOf(this), 1);
                await Promise.all(this.desk.subscriptions.map((subscription) => subscription.unsubscribe()));
                if (this.group !== undefined)
                    this.group.close();
                else
                    await this.leader?.end();
            }
            toLeader(message) {
                if (this.leader !== undefined)
                    this.leader.receive(message);
                else
                    this.group?.toLeader(message);
            }
            lead() {
                const { fetch: fetcher, EventSource: Source } = this.options;
                this.leader = new Leader({
                    api: this.api,
                    makeSource: (url) => (Source === undefined ? new FetchEventSource(url, fetcher) : new Source(url)),
                    showsHeartbeats: Source === undefined,
                    state: this.desk.state,
                    send: (message) => {
                        this.group?.toTabs(message);
                        this.desk.receive(message);
                    },
                });
                this.leader.start();
            }
        }
        Exchange.all = [];
        function randomName() {
            return Array.from({ length: 4 }, () => Math.floor(Math.random() * 2 ** 32).toString(36)).join('');
        }
        /** Subscribes to streams of a gateway. However many subscriptions there are, they take one connection. */
        class StreamingClient {
            constructor(baseURL, options = {}) {
                this.baseURL = baseURL;
                this.hidden = new Set();
                this.visibilityChanged = () => {
                    for (const subscription of this.hidden) {
                        if (document.hidden)
                            subscription.pause();
                        else
                            subscription.resume();
                    }
                };
                const native = globalThis.EventSource;
                this.exchange = Exchange.for({
                    base: baseURL.replace(/\/+$/, ''),
                    token: options.token,
                    fetch: options.fetch ?? globalThis.fetch,
                    EventSource: options.EventSource ?? (options.fetch === undefined ? native : undefined),
                    sharesTabs: options.sharesTabs ?? (options.fetch === undefined && options.EventSource === undefined),
                });
                if (typeof document !== 'undefined')
                    document.addEventListener('visibilitychange', this.visibilityChanged);
            }
            /** @internal */
            get api() {
                return this.exchange.api;
            }
            /** Rejected with a `SluiceError` where the gateway refuses, or cannot be reached. */
            subscribe(request, options = {}) {
                const subscription = this.exchange.desk.subscribe(request);
                if (options.pausesWhenHidden)
                    void subscription.then((made) => this.pauseWhenHidden(made), () => undefined);
                return Object.assign(subscription, {
                    getEventSource: (how = {}) => eventSource(subscription, how),
                });
            }
            subscribeToMetrics(agentId, options = {}) {
                return this.subscribe({
                    stream_type: 'metrics',
                    agent_id: agentId,
                    config: {
                        interval: options.interval ?? '5s', filters: options.metrics ?? [], buffer_size: options.bufferSize ?? 100,
                    },
                });
            }
            /** Ends its subscriptions when no other client of the page shares its connection. */
            async close() {
                if (typeof document !== 'undefined')
                    document.removeEventListener('visibilitychange', this.visibilityChanged);
                await this.exchange.release();
            }
            pauseWhenHidden(subscription) {
                this.hidden.add(subscription);
                subscription.once('stream_end', () => this.hidden.delete(subscription));
                if (document.hidden)
                    subscription.pause();
            }
        }
        function eventSource(pending, options) {
            const source = new SubscriptionEventSource(options, () => {
                pending.then((subscription) => subscription.unsubscribe(), () => undefined);
            });
            pending.then((subscription) => {
                if (source.readyState !== source.CLOSED)
                    subscription.feed(source);
            }, () => source.ended());
            return source.face;
        }
        /** The metrics of agents: live, as they are now, and as they were. */
        class MetricsClient {
            constructor(baseURL, options = {}) {
                this.streamingClient = new StreamingClient(baseURL, options);
            }
            /** Events `metrics` whose data are the metrics alone, as JSON.
             *  @deprecated Use `subscribeToMetrics`. */
            streamMetrics(agentId, interval = 5) {
                console.warn('streamMetrics is deprecated. Use subscribeToMetrics instead.');
                return this.streamingClient
                    .subscribeToMetrics(agentId, { interval: `${interval}s`, metrics: [] })
                    .getEventSource({ bare: true });
            }
            async subscribeToMetrics(agentId, options) {
                return this.streamingClient.subscribeToMetrics(agentId, options);
            }
            async getAllAgents() {
                return this.streamingClient.api.get('/metrics/agents');
            }
            async getSystemInfo(agentId) {
                return this.streamingClient.api.get(`${path(agentId)}/system`);
            }
            /** Has the agent read its system information anew. */
            async refreshSystemInfo(agentId) {
                return this.streamingClient.api.post(`${path(agentId)}/system/refresh`, {});
            }
            async getCurrentMetrics(agentId) {
                return this.streamingClient.api.get(`${path(agentId)}/metrics`);
            }
            async getHistoricalMetrics(agentId, query) {
                const parameters = new URLSearchParams({
                    metrics: query.metrics.join(','), start: String(query.startTime), end: String(query.endTime),
                });
                if (query.maxPoints !== undefined)
                    parameters.set('max_points', String(query.maxPoints));
                return this.streamingClient.api.get(`${path(agentId)}/metrics/history?${parameters}`);
            }
            /** Keeps the metrics of an agent running without a listener. */
            async startMetricsStreaming(agentId, options = {}) {
                return this.streamingClient.api.post(`${path(agentId)}/metrics/start`, options);
            }
            async stopMetricsStreaming(agentId) {
                return this.streamingClient.api.post(`${path(agentId)}/metrics/stop`, {});
            }
        }
        function path(agentId) {
            return `/agents/${encodeURIComponent(agentId)}`;
        }
        /** What is shown for a value that the host does not have. */
        const nothing = '–';
        /** Metrics as text. */
        class MetricsFormatter {
            static formatBytes(bytes) {
                return scaled(bytes, 1024, ['B', 'KB', 'MB', 'GB', 'TB', 'PB']);
            }
            static formatPercentage(percent) {
                return isKnown(percent) ? `${percent.toFixed(1)}%` : nothing;
            }
            static formatUptime(seconds) {
                if (!isKnown(seconds))
                    return nothing;
                const minutes = Math.floor(seconds / 60) % 60;
                const hours = Math.floor(seconds / 3600) % 24;
                const days = Math.floor(seconds / 86400);
                if (days > 0)
                    return `${days}d ${hours}h`;
                return hours > 0 ? `${hours}h ${minutes}m` : `${minutes}m`;
            }
            static formatLoadAverage(load) {
                return isKnown(load) ? load.toFixed(2) : nothing;
            }
            /** @param timestamp Seconds since 1970. */
            static formatTimestamp(timestamp) {
                return isKnown(timestamp) ? new Date(timestamp * 1000).toLocaleString() : nothing;
            }
            static formatNetworkSpeed(bytesPerSecond) {
                return scaled(isKnown(bytesPerSecond) ? bytesPerSecond * 8 : null, 1000, ['bps', 'Kbps', 'Mbps', 'Gbps', 'Tbps']);
            }
            static formatDiskIO(bytesPerSecond) {
                return scaled(bytesPerSecond, 1024, ['B/s', 'KB/s', 'MB/s', 'GB/s', 'TB/s']);
            }
            static formatCpuCores(coreUsage) {
                if (coreUsage === undefined || coreUsage.length === 0)
                    return nothing;
                const average = coreUsage.reduce((sum, usage) => sum + usage, 0) / coreUsage.length;
                return `${average.toFixed(1)}% avg (${coreUsage.length} cores)`;
            }
            static formatMemoryDetails(memory) {
                const bytes = MetricsFormatter.formatBytes;
                return `Used: ${bytes(memory.used_bytes)}/${bytes(memory.total_bytes)} `
                    + `(${MetricsFormatter.formatPercentage(memory.usage_percent)}), Available: ${bytes(memory.available_bytes)}, `
                    + `Cached: ${bytes(memory.cached_bytes)}`;
            }
            static formatDiskDetails(disk) {
                const bytes = MetricsFormatter.formatBytes;
                const speed = MetricsFormatter.formatDiskIO;
                return `${disk.device ?? nothing} (${disk.mount_point ?? nothing}): ${bytes(disk.used_bytes)}/${bytes(disk.total_bytes)} `
                    + `(${MetricsFormatter.formatPercentage(disk.usage_percent)}), Read: ${speed(disk.read_bytes_per_sec)}, `
                    + `Write: ${speed(disk.write_bytes_per_sec)}`;
            }
        }
        function isKnown(value) {
            return value !== null && value !== undefined && Number.isFinite(value);
        }
        /** In the largest unit of which there is at least one. */
        function scaled(value, step, units) {
            if (!isKnown(value))
                return nothing;
            let size = Math.abs(value);
            let unit = 0;
            while (size >= step && unit < units.length - 1) {
                size /= step;
                unit += 1;
            }
            const text = unit === 0 ? size.toFixed(0) : String(Number(size.toFixed(1)));
            return `${value < 0 ? '-' : ''}${text} ${units[unit]}`;
        }
        export { SluiceError, eventKinds, EventStreamParser, FetchEventSource, StreamSubscription, StreamingClient, MetricsClient, MetricsFormatter };

        """#
}
