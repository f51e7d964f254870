# Lines for `semgrep test`; never imported.
import gradio as gr
import uvicorn
from http.server import HTTPServer

page = gr.Blocks()
# ruleid: gradio-share
page.launch(share=True)
# ruleid: gradio-share
gr.Interface(f, "text", "text").launch(server_port=80, share=True)
# ok: gradio-share
page.launch(share=False)
# ok: gradio-share
page.launch()

# ruleid: server-on-all-interfaces
page.launch(server_name="0.0.0.0")
# ruleid: server-on-all-interfaces
uvicorn.run(app, host="0.0.0.0", port=80)
# ruleid: server-on-all-interfaces
uvicorn.run(app, host="::", port=80)
# ruleid: server-on-all-interfaces
HTTPServer(("0.0.0.0", 80), handler)
# ruleid: server-on-all-interfaces
parser.add_argument("--host", default="0.0.0.0")
# ok: server-on-all-interfaces
parser.add_argument("--host", default="127.0.0.1")
# ok: server-on-all-interfaces
page.launch(server_name="127.0.0.1")
# ok: server-on-all-interfaces
uvicorn.run(app, host=host, port=80)

# ruleid: server-debug
page.launch(debug=True)
# ruleid: server-debug
app.run(debug=True)
# ok: server-debug
app.run(debug=False)

# ruleid: gradio-show-error
page.launch(show_error=True)
# ruleid: gradio-show-error
gr.mount_gradio_app(app, page, path="/", show_error=True)
# ok: gradio-show-error
gr.mount_gradio_app(app, page, path="/", show_error=False)

# ruleid: gradio-whole-disk
page.launch(allowed_paths=["/"])
# ruleid: gradio-whole-disk
page.launch(allowed_paths=["samples", "/home/"])
# ok: gradio-whole-disk
page.launch(allowed_paths=["samples"])
# ok: gradio-whole-disk
page.launch()

# ruleid: gradio-all-scores
gr.Label()
# ruleid: gradio-all-scores
gr.Label(label="Scores")
# ok: gradio-all-scores
gr.Label(label="Scores", num_top_classes=1)
