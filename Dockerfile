# The page in a container: docker build -t psa-viz . && docker run --rm -p 7860:7860 psa-viz
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    GRADIO_ANALYTICS_ENABLED=False MPLCONFIGDIR=/tmp/matplotlib OMP_NUM_THREADS=2

RUN useradd --create-home --uid 1000 visitor
WORKDIR /home/visitor/app

# The CPU's torch, a tenth of the one with CUDA; for a GPU, build with --build-arg WHEELS=https://download.pytorch.org/whl/cu128
ARG WHEELS=https://download.pytorch.org/whl/cpu
COPY requirements.txt demo/serving/locks/cpu.txt ./
# Everything but torch by its hashes; torch has an index of its own for every kind of machine.
RUN pip install --require-hashes -r cpu.txt && pip install --extra-index-url "$WHEELS" -r requirements.txt

COPY LICENSE NOTICE README.md pyproject.toml ./
COPY psa_viz ./psa_viz
COPY demo ./demo

USER visitor
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/health/live', timeout=8)"]
CMD ["python", "-m", "demo", "--host", "0.0.0.0", "--port", "7860"]
