"""How a PSA block is evaluated: eager (PyTorch's operators, the specification), cpu (C++), or triton (CUDA).

    from psa_viz.attention.backends.dispatch import choose, reasons, use_backend

    with use_backend("eager"):
        model(images)
    reasons(block, x)    # name of every backend -> why it does not support this call, () if it does

A backend is one more folder here, with a class that has the attributes of protocol.Backend, and its name in
dispatch.BACKENDS. The tests in tests/attention/backends run over all of them.
"""
