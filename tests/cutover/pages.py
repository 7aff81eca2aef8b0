"""Pages of metrics in the shape of vLLM, SGLang, Triton and dcgm-exporter, and a real server of them."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def vllm(*, waiting=3, cache=0.42, cache_name="vllm:kv_cache_usage_perc", below_2s=0, n=0):
    """vLLM's page: `n` requests ended so far, of them `below_2s` within 2 s and all within 2.5 s."""
    of = 'engine="0",model_name="llama"'
    return f"""# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{{{of}}} 7.0
# HELP vllm:num_requests_waiting Number of requests waiting to be processed.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{{{of}}} {waiting}
vllm:num_requests_waiting_by_reason{{{of},reason="capacity"}} 99.0
# TYPE {cache_name} gauge
{cache_name}{{{of}}} {cache}
# HELP vllm:e2e_request_latency_seconds Histogram of e2e request latency in seconds.
# TYPE vllm:e2e_request_latency_seconds histogram
vllm:e2e_request_latency_seconds_bucket{{le="1.5",{of}}} 0.0
vllm:e2e_request_latency_seconds_bucket{{le="2.0",{of}}} {below_2s}
vllm:e2e_request_latency_seconds_bucket{{le="2.5",{of}}} {n}
vllm:e2e_request_latency_seconds_bucket{{le="+Inf",{of}}} {n}
vllm:e2e_request_latency_seconds_count{{{of}}} {n}
vllm:e2e_request_latency_seconds_sum{{{of}}} {2 * n}
"""


def sglang(*, waiting=4, cache=0.28):
    """SGLang's page, with two ranks that tell of one queue."""
    ranks = [f'model_name="llama",tp_rank="{rank}"' for rank in (0, 1)]
    lines = ["# TYPE sglang:num_queue_reqs gauge"]
    lines += [f"sglang:num_queue_reqs{{{of}}} {waiting}" for of in ranks]
    lines += [f"sglang:num_running_reqs{{{of}}} 8.0" for of in ranks]
    lines += [f"sglang:token_usage{{{of}}} {cache}" for of in ranks]
    return "\n".join(lines) + "\n"


def triton(*, pending=None, queued_us=0, p95_us="Nan", used=10, total=40):
    """Triton's page; without `pending` one of a version that tells only how long requests waited."""
    of = 'model="whisper",version="1"'
    known = "" if pending is None else f"nv_inference_pending_request_count{{{of}}} {pending}\n"
    return f"""{known}nv_inference_queue_duration_us{{{of}}} {queued_us}
nv_inference_request_summary_us{{{of},quantile="0.5"}} 400
nv_inference_request_summary_us{{{of},quantile="0.95"}} {p95_us}
nv_gpu_memory_used_bytes{{gpu_uuid="GPU-t"}} {used}
nv_gpu_memory_total_bytes{{gpu_uuid="GPU-t"}} {total}
"""


def dcgm(*gpus, used=70_000, free=10_000, celsius=61, reasons=0, xid=0):
    """dcgm-exporter's page of some GPUs, in one state."""
    lines = []
    for number, uuid in enumerate(gpus or ("GPU-a", "GPU-b")):
        of = f'gpu="{number}",UUID="{uuid}",device="nvidia{number}",Hostname="gpu-1"'
        lines += [
            f"DCGM_FI_DEV_GPU_TEMP{{{of}}} {celsius}",
            f"DCGM_FI_DEV_FB_USED{{{of}}} {used}",
            f"DCGM_FI_DEV_FB_FREE{{{of}}} {free}",
            f"DCGM_FI_DEV_CLOCKS_EVENT_REASONS{{{of}}} {reasons}",
            f"DCGM_FI_DEV_XID_ERRORS{{{of}}} {xid}",
            f"DCGM_FI_DEV_ECC_DBE_VOL_TOTAL{{{of}}} 9223372036854775794",
        ]
    return "\n".join(lines) + "\n"


class PageServer:
    """Gives `text` on every path; `status`, `headers` and `pause_s` as a test sets them."""

    def __init__(self, text):
        self.text, self.status, self.headers, self.pause_s = text, 200, {}, 0.0
        self.asked = []

    @contextmanager
    def running(self):
        """The server's address while it answers."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.path, dict(self.headers)))
                body = outer.text if isinstance(outer.text, bytes) else outer.text.encode()
                time.sleep(outer.pause_s)
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_):  # who asked has left
                pass

        server = Quiet(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/metrics"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
