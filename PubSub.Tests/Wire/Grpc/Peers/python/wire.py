"""Messages, stubs and handlers made from the descriptors that the test hands over: no generated code, no protoc."""

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


class Wire:
    def __init__(self, descriptor_set):
        files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file
        self._pool = descriptor_pool.DescriptorPool()
        for file in files:
            self._pool.AddSerializedFile(file.SerializeToString())
        self._services = {f"{file.package}.{service.name}": service for file in files for service in file.service}

    def message(self, full_name):
        descriptor = self._pool.FindMessageTypeByName(full_name)
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(self._pool).GetPrototype(descriptor)

    def handler(self, service_name, implementation):
        """Serves the methods that the implementation has; the others stay unimplemented."""
        methods = {}
        for method in self._services[service_name].method:
            behaviour = getattr(implementation, method.name, None)
            if behaviour is not None:
                make = getattr(grpc, f"{self._shape(method)}_rpc_method_handler")
                methods[method.name] = make(
                    behaviour,
                    request_deserializer=self.message(method.input_type.lstrip(".")).FromString,
                    response_serializer=lambda message: message.SerializeToString(),
                )
        return grpc.method_handlers_generic_handler(service_name, methods)

    def stub(self, channel, service_name):
        return Stub(self, channel, service_name)

    def methods_of(self, service_name):
        return self._services[service_name].method

    def callable(self, channel, service_name, method):
        return getattr(channel, self._shape(method))(
            f"/{service_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=self.message(method.output_type.lstrip(".")).FromString,
        )

    @staticmethod
    def _shape(method):
        return f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"


class Stub:
    def __init__(self, wire, channel, service_name):
        for method in wire.methods_of(service_name):
            setattr(self, method.name, wire.callable(channel, service_name, method))
