{{/*
The one pod template: of CronJobs, of the Deployment, of a restore and of the test.
Takes root, component, args, and optionally:
  serve          the port, its probes and variables
  restartPolicy  default Never
  stateDir       the folder of the lock and the history, below the volume at /state
  keepState      mounts the claim, where there is one
  writeMedia     mounts the media files to write to
  scratch        an emptyDir for temporary files
*/}}
{{- define "django-rclone.pod" -}}
{{- $v := .root.Values -}}
metadata:
  labels:
    {{- merge (dict "app.kubernetes.io/component" .component) (include "django-rclone.labels" .root | fromYaml) $v.podLabels | toYaml | nindent 4 }}
  {{- with $v.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: {{ .restartPolicy | default "Never" }}
  serviceAccountName: {{ include "django-rclone.serviceAccountName" .root }}
  automountServiceAccountToken: false
  enableServiceLinks: {{ $v.enableServiceLinks }}
  {{- if .serve }}
  terminationGracePeriodSeconds: {{ add $v.serve.stopGraceSeconds 30 }}
  {{- end }}
  securityContext:
    {{- toYaml $v.podSecurityContext | nindent 4 }}
  {{- with $v.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "django-rclone.targetInit" .root }}
  initContainers:
    {{- . | nindent 4 }}
  {{- end }}
  containers:
    - name: sidecar
      image: {{ include "django-rclone.image" .root }}
      imagePullPolicy: {{ $v.image.pullPolicy }}
      args: {{ toJson .args }}
      env:
        {{- include "django-rclone.env" (dict "root" .root "state" (.stateDir | default "/state")) | trim | nindent 8 }}
        {{- if .serve }}
        {{- include "django-rclone.serveEnv" .root | trim | nindent 8 }}
        {{- end }}
      {{- with concat (ternary (list) $v.target.envFrom (eq $v.target.from "json")) $v.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if .serve }}
      ports:
        - name: http
          containerPort: {{ $v.serve.port }}
      # Never /status: a failed backup must not restart the pod with the schedule.
      livenessProbe:
        httpGet: {path: /healthz, port: http}
        initialDelaySeconds: 10
        periodSeconds: 30
        timeoutSeconds: 5
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
      {{- end }}
      resources:
        {{- toYaml $v.resources | nindent 8 }}
      securityContext:
        {{- toYaml $v.securityContext | nindent 8 }}
      volumeMounts:
        - name: state
          mountPath: /state
        {{- with include "django-rclone.targetMount" .root }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- if $v.rclone.config.existingSecret }}
        - name: rclone
          mountPath: /config/rclone
          readOnly: true
        {{- end }}
        {{- if $v.media.existingClaim }}
        - name: media
          mountPath: /media
          readOnly: {{ not .writeMedia }}
          {{- with $v.media.subPath }}
          subPath: {{ . }}
          {{- end }}
        {{- end }}
        {{- if .scratch }}
        - name: scratch
          mountPath: /tmp
        {{- end }}
        {{- with $v.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: state
      {{- if and .keepState (or $v.state.pvc.enabled $v.state.pvc.existingClaim) }}
      persistentVolumeClaim:
        claimName: {{ include "django-rclone.stateClaim" .root }}
      {{- else }}
      emptyDir:
        {{- toYaml $v.state.emptyDir | nindent 8 }}
      {{- end }}
    {{- with include "django-rclone.targetVolume" .root }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- if $v.rclone.config.existingSecret }}
    - name: rclone
      secret:
        secretName: {{ $v.rclone.config.existingSecret }}
        defaultMode: 0440
        items:
          - key: {{ $v.rclone.config.key }}
            path: rclone.conf
    {{- end }}
    {{- if $v.media.existingClaim }}
    - name: media
      persistentVolumeClaim:
        claimName: {{ $v.media.existingClaim }}
    {{- end }}
    {{- with .scratch }}
    - name: scratch
      emptyDir:
        {{- toYaml . | nindent 8 }}
    {{- end }}
    {{- with $v.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $v.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
{{- end -}}
