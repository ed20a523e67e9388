'use strict';

// A page as anybody would write it: a POST to subscribe, then a plain EventSource. It never reconnects by itself; what
// it survives, it survives by what EventSource and the gateway do. `seen` is what the test asks for.

const parameters = new URLSearchParams(location.search);
const gateway = parameters.get('gateway');
const agent = parameters.get('agent');

const seen = { samples: [], gaps: [], states: [], lines: [], ends: [], errors: 0, metrics: null, output: null };

async function post(path, body) {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(gateway + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

async function listen(request) {
  const subscription = await post('/subscriptions', request);
  const source = new EventSource(gateway + subscription.stream_url);
  source.addEventListener('gap', (event) => seen.gaps.push(JSON.parse(event.data)));
  source.addEventListener('stream_status', (event) => seen.states.push(JSON.parse(event.data).state));
  source.addEventListener('error', () => { seen.errors += 1; });
  return source;
}

async function watchMetrics() {
  seen.metrics = await listen({ stream_type: 'metrics', agent_id: agent, config: { interval: '1s' } });
  seen.metrics.addEventListener('metrics', (event) => {
    const { data } = JSON.parse(event.data);
    document.getElementById('cpu').textContent = data.cpu.usage_percent;
    seen.samples.push({ arrived: performance.now(), idle: data.cpu.idle_percent, used: data.memory.used_bytes });
  });
}

async function run(command) {
  const task = await post('/tasks/shell', { agent_id: agent, cmd: command });
  seen.output = await listen({ stream_type: 'shell_output', resource: task.task_id });
  seen.output.addEventListener('shell_output', (event) => {
    const { data } = JSON.parse(event.data);
    seen.lines.push(data);
    if (!data.is_final) document.getElementById('lines').textContent += data.line + '\n';
  });
  seen.output.addEventListener('stream_end', (event) => {
    const end = JSON.parse(event.data);
    seen.ends.push(end);
    document.getElementById('exit').textContent = end.exit_code;
  });
}

document.getElementById('run').addEventListener('click', () => run(document.getElementById('command').value));
watchMetrics();
