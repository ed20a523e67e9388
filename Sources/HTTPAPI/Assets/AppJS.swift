extension Assets {
    static let appJS = #"""
        'use strict';

        const byId = (id) => document.getElementById(id);
        const maximumLines = 5000;
        let metricsSource = null;
        let outputSource = null;
        let task = null;

        // One call of the API. A token, where the gateway asks for one, lives in this tab only.
        async function call(method, path, body) {
          const headers = {};
          const token = sessionStorage.getItem('token');
          if (token) headers['Authorization'] = 'Bearer ' + token;
          if (body !== undefined) headers['Content-Type'] = 'application/json';
          const response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
          if (response.status === 401) byId('login').hidden = false;
          const answer = response.status === 204 ? null : await response.json();
          if (!response.ok) throw new Error(answer.error);
          return answer;
        }

        function show(id, text, isBad) {
          byId(id).textContent = text;
          byId(id).classList.toggle('bad', Boolean(isBad));
        }

        const percent = (value) => value === null || value === undefined ? '–' : value.toFixed(1) + ' %';
        const gibibytes = (bytes) => (bytes / 2 ** 30).toFixed(1) + ' GiB';

        function showMetrics(metrics) {
          show('cpu', percent(metrics.cpu?.usage_percent));
          byId('cpu-meter').value = metrics.cpu?.usage_percent ?? 0;
          const memory = metrics.memory;
          show('memory', memory ? percent(memory.usage_percent) + ' of ' + gibibytes(memory.total_bytes) : '–');
          byId('memory-meter').value = memory?.usage_percent ?? 0;
          const load = metrics.load;
          show('load', load ? [load.load1, load.load5, load.load15].map((value) => value?.toFixed(2) ?? '–').join(' ') : '–');
          show('updated', new Date(metrics.timestamp * 1000).toLocaleTimeString());
        }

        // Opens a subscription. EventSource reconnects by itself, except when the subscription is gone: then `gone` is called.
        async function subscribe(request, gone) {
          const subscription = await call('POST', '/subscriptions', request);
          const source = new EventSource(subscription.stream_url);
          source.onerror = () => { if (source.readyState === EventSource.CLOSED) gone(); };
          return source;
        }

        async function watch(agent) {
          metricsSource?.close();
          metricsSource = null;
          show('state', 'connecting');
          const again = () => setTimeout(() => { if (byId('agent').value === agent) watch(agent); }, 3000);
          try {
            const config = { interval: '1s', filters: ['cpu', 'memory', 'load'] };
            const source = await subscribe({ stream_type: 'metrics', agent_id: agent, config }, again);
            if (byId('agent').value !== agent) return source.close();
            metricsSource = source;
            source.onopen = () => show('state', 'live');
            source.addEventListener('metrics', (event) => {
              show('state', 'live');
              showMetrics(JSON.parse(event.data).data);
            });
            source.addEventListener('stream_status', (event) => {
              const state = JSON.parse(event.data).state;
              show('state', state.replaceAll('_', ' '), state === 'agent_lost');
            });
            source.addEventListener('stream_end', () => { source.close(); again(); });
          } catch (error) {
            show('state', error.message, true);
            again();
          }
        }

        function appendOutput(text, stream) {
          const output = byId('output');
          const isAtEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 24;
          const line = document.createElement('span');
          line.className = stream;
          line.textContent = text + '\n';
          output.append(line);
          while (output.childElementCount > maximumLines) output.firstElementChild.remove();
          if (isAtEnd) output.scrollTop = output.scrollHeight;
        }

        function endTask(text, isBad) {
          outputSource?.close();
          outputSource = null;
          task = null;
          byId('go').disabled = byId('agent').disabled;
          byId('cancel').disabled = true;
          show('result', text, isBad);
        }

        async function run(command) {
          byId('output').replaceChildren();
          byId('go').disabled = true;
          show('result', 'running');
          try {
            task = await call('POST', '/tasks/shell', { agent_id: byId('agent').value, cmd: command });
            byId('cancel').disabled = false;
            const request = { stream_type: 'shell_output', resource: task.task_id };
            outputSource = await subscribe(request, () => endTask('the stream ended early', true));
            outputSource.addEventListener('shell_output', (event) => {
              const line = JSON.parse(event.data).data;
              if (!line.is_final) appendOutput(line.line, line.stream);
            });
            outputSource.addEventListener('gap', (event) => {
              appendOutput('[' + (JSON.parse(event.data).missed ?? 'some') + ' lines missed]', 'stderr');
            });
            outputSource.addEventListener('stream_end', (event) => {
              const end = JSON.parse(event.data);
              endTask(end.exit_code === undefined ? end.reason : 'exit code ' + end.exit_code, end.exit_code !== 0);
            });
          } catch (error) {
            endTask(error.message, true);
          }
        }

        async function cancel() {
          try {
            await call('DELETE', '/tasks/' + task.task_id);
            show('result', 'cancelling');
          } catch (error) {
            show('result', error.message, true);
          }
        }

        // Fills the list of agents; asks again every 5 seconds, so that one that connects later appears.
        async function listAgents() {
          const list = byId('agent');
          try {
            const agents = (await call('GET', '/agents?per_page=1000')).agents;
            byId('login').hidden = true;
            const chosen = list.value;
            list.replaceChildren(...agents.map((agent) => {
              const label = agent.agent_id + (agent.connected ? '' : ' (offline)');
              return new Option(label, agent.agent_id, false, agent.agent_id === chosen);
            }));
            list.disabled = agents.length === 0;
            byId('go').disabled = list.disabled || task !== null;
            if (agents.length === 0) show('state', 'no agent has connected yet');
            else if (list.value !== chosen) watch(list.value);
          } catch (error) {
            show('state', error.message, true);
          }
        }

        byId('agent').addEventListener('change', () => watch(byId('agent').value));
        byId('cancel').addEventListener('click', cancel);
        byId('command').addEventListener('submit', (event) => {
          event.preventDefault();
          run(byId('cmd').value);
        });
        byId('login').addEventListener('submit', (event) => {
          event.preventDefault();
          sessionStorage.setItem('token', byId('token').value);
          byId('token').value = '';
          listAgents();
        });
        listAgents();
        setInterval(listAgents, 5000);

        """#
}
