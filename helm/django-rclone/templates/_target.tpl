{{/* The source of the project's settings: variables, init container, volume and mount, for each `target.from`. */}}
{{- define "django-rclone.targetEnv" -}}
{{- with .Values.target -}}
{{- if eq .from "json" -}}
TARGET_JSON_FILE: /run/target/target.json
{{- else -}}
TARGET_SETTINGS_MODULE: {{ .settingsModule | quote }}
DJANGO_CONFIGURATION: {{ .configuration | quote }}
TARGET_IGNORE_PACKAGES: {{ join "," .ignorePackages | quote }}
{{- if eq .from "imageVolume" }}
{{- $packages := list -}}
{{- range .packages -}}{{- $packages = append $packages (printf "/target%s" .) -}}{{- end }}
TARGET_PATH: {{ printf "/target%s" .path | trimSuffix "/" }}
TARGET_PACKAGES: {{ join ":" $packages | quote }}
{{- end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "django-rclone.targetInit" -}}
{{- with .Values.target -}}
{{- if has .from (list "copy" "json") -}}
- name: target
  image: {{ .image }}
  imagePullPolicy: {{ .imagePullPolicy }}
  {{- if eq .from "copy" }}
  command: [cp, -R, {{ printf "%s/." (trimSuffix "/" .path) | quote }}, /target/]
  {{- else }}
  # The output contains passwords: it stays in memory, readable only in this pod.
  command: [sh, -c, 'umask 027 && exec "$@" >/run/target/target.json', sh]
  args: {{ toJson .command }}
  workingDir: {{ .path }}
  env:
    - name: PYTHONDONTWRITEBYTECODE
      value: "1"
    {{- if .settingsModule }}
    - name: DJANGO_SETTINGS_MODULE
      value: {{ .settingsModule }}
    {{- end }}
    {{- if .configuration }}
    - name: DJANGO_CONFIGURATION
      value: {{ .configuration }}
    {{- end }}
    {{- with .env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  volumeMounts:
    - name: target
      mountPath: {{ eq .from "copy" | ternary "/target" "/run/target" }}
  resources:
    {{- toYaml .resources | nindent 4 }}
  securityContext:
    {{- mergeOverwrite (deepCopy $.Values.securityContext) .securityContext | toYaml | nindent 4 }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "django-rclone.targetMount" -}}
{{- with .Values.target -}}
{{- if .from -}}
- name: target
  mountPath: {{ eq .from "json" | ternary "/run/target" "/target" }}
  readOnly: true
  {{- if and .subPath (eq .from "existingClaim") }}
  subPath: {{ .subPath }}
  {{- end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "django-rclone.targetVolume" -}}
{{- with .Values.target -}}
{{- if .from -}}
- name: target
  {{- if eq .from "copy" }}
  emptyDir: {}
  {{- else if eq .from "json" }}
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
  {{- else if eq .from "imageVolume" }}
  image:
    reference: {{ .image }}
    pullPolicy: {{ .imagePullPolicy }}
  {{- else if eq .from "configMap" }}
  configMap:
    name: {{ .configMap }}
    {{- with .items }}
    items:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- else }}
  persistentVolumeClaim:
    claimName: {{ .existingClaim }}
    readOnly: true
  {{- end }}
{{- end -}}
{{- end -}}
{{- end -}}
