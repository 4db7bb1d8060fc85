FROM python:3.11-slim-bookworm

RUN useradd --create-home linli && apt-get update && apt-get install -y --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY package.json package-lock.json ./
COPY tools ./tools
RUN python -m tools.vendor && rm -rf node_modules
COPY . .
ENV LINLI_DATA=/data LINLI_BIND=0.0.0.0
RUN mkdir /data && DATABASE_URL=postgresql:///none python -m tools.messages compile \
    && DATABASE_URL=postgresql:///none python manage.py collectstatic --no-input -v 0 \
    && rm -f /data/secret_key && chown -R linli /data
USER linli
VOLUME /data
EXPOSE 8000
HEALTHCHECK CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=3)"
CMD ["gunicorn", "-c", "python:config.gunicorn_conf", "config.wsgi"]
