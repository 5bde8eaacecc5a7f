{{/* The endpoint from which metrics are scraped. Takes root and interval. */}}
{{- define "django-rclone.endpoint" -}}
- port: http
  path: /metrics
  interval: {{ .interval }}
  # The alerts know the job by this name.
  relabelings:
    - targetLabel: job
      replacement: django-rclone
  {{- with .root.Values.serve.password }}
  {{- if .existingSecret }}
  basicAuth:
    # Any user name works; it must be in a Secret.
    username:
      name: {{ .existingSecret }}
      key: {{ .key }}
    password:
      name: {{ .existingSecret }}
      key: {{ .key }}
  {{- end }}
  {{- end }}
{{- end -}}

{{- define "django-rclone.monitorSelector" -}}
selector:
  matchLabels:
    {{- include "django-rclone.selectorLabels" . | nindent 4 }}
{{- end -}}
