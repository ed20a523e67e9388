// A hub of server-sent events as one writes it in Go: a goroutine and a channel for each client.
// POST /publish/TOPIC sends the body as one event's data, GET /subscribe/TOPIC listens.
package main

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
)

// What may wait for a client; beyond it an event is lost to it, as the client's slowness must not hold up the others.
const clientBuffer = 256

type hub struct {
	mutex  sync.RWMutex
	topics map[string]map[chan []byte]struct{}
}

func (h *hub) join(topic string) chan []byte {
	events := make(chan []byte, clientBuffer)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.topics[topic] == nil {
		h.topics[topic] = make(map[chan []byte]struct{})
	}
	h.topics[topic][events] = struct{}{}
	return events
}

func (h *hub) leave(topic string, events chan []byte) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	delete(h.topics[topic], events)
	if len(h.topics[topic]) == 0 {
		delete(h.topics, topic)
	}
}

func (h *hub) publish(writer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	event := bytes.Join([][]byte{[]byte("data: "), body, []byte("\n\n")}, nil)
	h.mutex.RLock()
	for events := range h.topics[strings.TrimPrefix(request.URL.Path, "/publish/")] {
		select {
		case events <- event:
		default:
		}
	}
	h.mutex.RUnlock()
	writer.WriteHeader(http.StatusNoContent)
}

func (h *hub) subscribe(writer http.ResponseWriter, request *http.Request) {
	topic := strings.TrimPrefix(request.URL.Path, "/subscribe/")
	events := h.join(topic)
	defer h.leave(topic, events)
	writer.Header().Set("Content-Type", "text/event-stream")
	writer.Header().Set("Cache-Control", "no-cache")
	flusher := writer.(http.Flusher)
	flusher.Flush()
	for {
		select {
		case event := <-events:
			if !drain(writer, event, events) {
				return
			}
			flusher.Flush()
		case <-request.Context().Done():
			return
		}
	}
}

// What waits for the client goes out in one write.
func drain(writer io.Writer, event []byte, events chan []byte) bool {
	for {
		if _, err := writer.Write(event); err != nil {
			return false
		}
		select {
		case event = <-events:
		default:
			return true
		}
	}
}

func main() {
	h := &hub{topics: make(map[string]map[chan []byte]struct{})}
	http.HandleFunc("/publish/", h.publish)
	http.HandleFunc("/subscribe/", h.subscribe)
	http.HandleFunc("/ready", func(writer http.ResponseWriter, _ *http.Request) { writer.WriteHeader(204) })
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
