"""How the races are run, as the page says it."""

METHOD = """\
- **service**: the service as `serve` starts it, one process, over HTTP on the loopback.
- **LitServe**, **Ray Serve**, **BentoML**: each as its own documentation teaches, with batching
  (`benchmarks/peers/`), in an environment of their own with the same NeMo and torch
  (`requirements/peers.txt`). Their NeMo is called directly and without gradients, a batch at once
  (`benchmarks/peers/nemo_calls.py`). They give plain text; the service gives times and confidence
  of words too. LitServe and Ray Serve stream speech by sentences; BentoML's batches cannot.
- **first design**: Flask, one request at a time, temporary files, `transcribe()` or the models'
  public calls.
- **raw model**: the service's backend called in a loop in one process, without HTTP or queue:
  inputs sorted by length, in batches of the size that was quickest here, not larger than the
  clients are many. **NeMo's calls**: what the peers call, in the same loop. No server can be
  quicker than the model it calls.
- All get the same checkpoints and the same fixed inputs: clips of 1 to 8 s at 16 kHz, texts of 20
  to 150 characters without digits, which the others would leave out with the demo voice.
- Each computes with one thread and takes at most 16 requests into a batch (the service's default);
  of texts the peers take 2, as NeMo's calls for speech only get slower with more on a CPU. The
  peers wait 10 ms for a batch to fill (Ray Serve's default; the service waits 4 ms at most, BentoML
  decides by itself). The load generator, one process apart, has another core. Servers whose turn it
  is not are stopped (SIGSTOP): some look at their queues a thousand times a second.
- In a closed loop each client sends its next request when it has its response, until the list of
  requests is done. Throughput counts the whole list, from the first request to the last response.
- The systems take turns in each round, the order reversed every other round. Throughputs and ratios
  are medians of the rounds; a ratio is taken within a round and compares the time for the same
  inputs. Percentiles are over all requests of all rounds, measured by the client.
- Requests that arrive by themselves come at the times of a Poisson process with a fixed seed: the
  same times for every system. Latency counts from the time at which a request should have been
  sent, so neither a late server nor a late generator hides a wait. What has no response 5 s after
  the last arrival is an error.
- The goal against the best peer is 1.5x where the model leaves room for it: where 0.95 of the
  faster loop is less than that, it is the goal.
- The 110M-class model has the size of NVIDIA's and random weights, its last biases set so that it
  emits a token every four frames of 80 ms, as a trained one does in speech: left alone, it would
  emit as many as it may on every frame, or none. The decoder is the same in all systems.
  It understands nothing, so its service runs with the threshold of the check at its start lifted
  (`benchmarks/peers/unjudged_stt.py`); nothing else differs.
- Overhead is the latency of a request with one client less the model's own time on the same input,
  called directly in the same round. First audio is compared with the model's time for the first
  phrase in the same way."""
